package shard

// chain is a singly linked list of n slots, through Slab.links.
type chain struct {
	head, tail uint32
	n          int
}

func (s *Slab[T]) link(id uint32) *uint32 { return s.links.at(id) }

func (s *Slab[T]) push(c *chain, id uint32) {
	*s.link(id) = c.head
	if c.head == 0 {
		c.tail = id
	}
	c.head = id
	c.n++
}

func (s *Slab[T]) pop(c *chain) uint32 {
	id := c.head
	if id != 0 {
		c.head = *s.link(id)
		c.n--
	}
	return id
}

// splice moves all of from to the front of to.
func (s *Slab[T]) splice(to, from *chain) {
	if from.head == 0 {
		return
	}
	*s.link(from.tail) = to.head
	if to.head == 0 {
		to.tail = from.tail
	}
	to.head = from.head
	to.n += from.n
	*from = chain{}
}

// Release gives back a slot that no other goroutine can have seen.
func (s *Slab[T]) Release(id uint32) {
	h := &s.homes[s.Owner(id)]
	h.mu.Lock()
	s.push(&h.free, id)
	h.out--
	h.mu.Unlock()
}

// Retire gives back a slot that has been unlinked and that readers may still
// be looking at. It cannot fail and does not wait.
func (s *Slab[T]) Retire(id uint32) {
	var one chain
	s.push(&one, id)
	s.retire(&s.homes[s.Owner(id)], &one)
}

// RetireAll does the same for several slots of one owner, with its lock taken once.
func (s *Slab[T]) RetireAll(ids []uint32) {
	if len(ids) == 0 {
		return
	}
	var all chain
	for _, id := range ids {
		s.push(&all, id)
	}
	s.retire(&s.homes[s.Owner(ids[0])], &all)
}

func (s *Slab[T]) retire(h *home, c *chain) {
	h.mu.Lock()
	first := h.gathering.head == 0 && h.waiting.head == 0
	s.splice(&h.gathering, c)
	h.mu.Unlock()
	if first && s.kind.Ring != nil {
		s.kind.Ring()
	}
}

// Collect reclaims what has waited long enough in a shard and returns how many
// slots that were, and whether more are waiting. It never waits itself; rcu's
// TryAdvance brings grace periods on.
func (s *Slab[T]) Collect(shard uint32) (reclaimed int, more bool) {
	h := &s.homes[shard]
	h.mu.Lock()
	var ripe chain
	if h.waiting.head != 0 && s.domain.Elapsed(h.stamp) {
		ripe, h.waiting = h.waiting, chain{}
	}
	if h.waiting.head == 0 && h.gathering.head != 0 {
		h.waiting, h.gathering = h.gathering, chain{}
		h.stamp = s.domain.Stamp()
	}
	more = h.waiting.head != 0
	h.mu.Unlock()
	if ripe.head == 0 {
		return 0, more
	}
	return s.reclaim(h, ripe), more
}

// reclaim readies the slots of ripe, which nobody else can reach any more, and
// frees them.
func (s *Slab[T]) reclaim(h *home, ripe chain) int {
	var free chain
	n, lost := 0, 0
	for id := s.pop(&ripe); id != 0; id = s.pop(&ripe) {
		n++
		if s.kind.Reclaim == nil || s.kind.Reclaim(id) {
			s.push(&free, id)
		} else {
			lost++
		}
	}
	h.mu.Lock()
	s.splice(&h.free, &free)
	h.out -= n
	h.lost += lost
	h.reclaimed += int64(n)
	h.mu.Unlock()
	return n
}

// Usage is a slab's share of the memory.
type Usage struct {
	Slots    int   // in use, waiting ones included
	Capacity int   // ids that the chunks made so far can serve
	Bytes    int64 // of the chunks made so far, links included
	Lost     int   // slots never used again because their generation ran out
	// Reclaimed is how many slots nobody could see any more, since the slab was made.
	Reclaimed int64
}

// Usage says what the slab holds now.
func (s *Slab[T]) Usage() Usage {
	var u Usage
	for i := range s.homes {
		h := &s.homes[i]
		h.mu.Lock()
		u.Slots += h.out
		u.Lost += h.lost
		u.Reclaimed += h.reclaimed
		h.mu.Unlock()
	}
	made := int64(s.made.Load())
	u.Capacity = int(made) * ChunkSlots / int(s.kind.Span)
	u.Bytes = made * ChunkSlots * (sizeOf[T]() + sizeOf[uint32]())
	return u
}
