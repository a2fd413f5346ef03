package shard

import (
	"sync"
	"sync/atomic"

	"golang.org/x/sys/cpu"

	"github.com/flowlabel/flowlabel/rcu"
)

// Kind says what a slab does with its slots besides keeping them. Its
// functions run without any lock of the slab.
type Kind struct {
	// Span is the number of neighbouring slots that one id names; 0 means 1.
	// It must be a power of two up to ChunkSlots.
	Span uint32
	// Grown, when set, is told of a new chunk before any of its slots is used.
	// It returns false when it could not provide for it; the chunk is lost.
	Grown func(chunk, shard uint32) bool
	// Reclaim, when set, makes a slot ready to serve again after its grace
	// period. It returns false for a slot that must not be used again.
	Reclaim func(id uint32) bool
	// Ring, when set, is called when a shard has something waiting and had
	// nothing before, so that somebody comes and calls Collect.
	Ring func()
}

// Slab keeps the slots of one kind. T must hold no Go pointers.
//
// Every method may be called from any goroutine.
type Slab[T any] struct {
	slots  array[T]
	links  array[uint32] // a slot's neighbour in the list it is on
	owners []uint32      // by chunk: the shard that its slots belong to
	homes  []home
	kind   Kind
	domain *rcu.Domain
	arena  *Arena
	growMu sync.Mutex
	made   atomic.Uint32 // chunks made; raised under growMu, read without
}

// home is one shard's part of a slab.
type home struct {
	_  cpu.CacheLinePad
	mu sync.Mutex
	// All below are guarded by mu.
	free       chain
	fresh, end uint32 // slots of the newest chunk that were never handed out
	gathering  chain  // retired since waiting was sealed
	waiting    chain  // retired before stamp was taken
	stamp      uint64
	// out is slots handed out here less slots come back here; the sum over all
	// homes is what is in use.
	out       int
	lost      int   // slots whose generation is used up
	reclaimed int64 // slots whose grace period has ended, ever
	_         cpu.CacheLinePad
}

// NewSlab returns a slab for at least limit ids, in that many shards.
func NewSlab[T any](d *rcu.Domain, a *Arena, shards, limit int, k Kind) *Slab[T] {
	k.Span = max(k.Span, 1)
	perChunk := ChunkSlots / int(k.Span)
	// A quarter more than asked for, since slots that wait for a grace period
	// are neither in use nor free, and a chunk a shard, since the last chunk
	// of each may be nearly empty.
	chunks := (limit+limit/4)/perChunk + 1 + shards
	return &Slab[T]{
		slots:  newArray[T](a, chunks),
		links:  newArray[uint32](a, chunks),
		owners: make([]uint32, chunks),
		homes:  make([]home, shards),
		kind:   k,
		domain: d,
		arena:  a,
	}
}

// At returns slot id. The id must have come from Alloc, or be one of those that
// such an id names.
func (s *Slab[T]) At(id uint32) *T { return s.slots.at(id) }

// Run returns the Span slots that id names.
func (s *Slab[T]) Run(id uint32) []T { return s.slots.run(id, s.kind.Span) }

// Chunks returns the most chunks that the slab can have.
func (s *Slab[T]) Chunks() int { return s.slots.chunks() }

// Owner returns the shard that slot id belongs to.
func (s *Slab[T]) Owner(id uint32) uint32 { return s.owners[id>>chunkBits] }

// Alloc returns a free slot, from the given shard where it has one. The slot
// holds what its last user or Reclaim left in it, zeroes at first. It returns
// false when the slab is full and nothing has ripened yet.
func (s *Slab[T]) Alloc(shard uint32) (id uint32, ok bool) {
	h := &s.homes[shard]
	h.mu.Lock()
	id = s.take(h)
	h.mu.Unlock()
	if id != 0 {
		return id, true
	}
	return s.allocSlow(shard)
}

// take returns a free slot of h, or 0. Its caller holds h.mu.
func (s *Slab[T]) take(h *home) uint32 {
	id := s.pop(&h.free)
	if id == 0 && h.fresh < h.end {
		id = h.fresh
		h.fresh += s.kind.Span
	}
	if id != 0 {
		h.out++
	}
	return id
}

// allocSlow looks further: what has ripened here, what another shard has plenty
// of, a new chunk, the last free slots of others, and in the end what a grace
// period driven now sets free.
func (s *Slab[T]) allocSlow(shard uint32) (uint32, bool) {
	s.Collect(shard)
	if id, ok := s.retake(shard); ok {
		return id, true
	}
	if s.steal(shard) {
		if id, ok := s.retake(shard); ok {
			return id, true
		}
	}
	for s.grow(shard) {
		if id, ok := s.retake(shard); ok {
			return id, true
		}
	}
	for range 2 {
		for other := range uint32(len(s.homes)) {
			s.Collect(other)
			if id, ok := s.retake(other); ok {
				return id, true
			}
		}
		s.domain.TryAdvance()
	}
	return 0, false
}

func (s *Slab[T]) retake(shard uint32) (uint32, bool) {
	h := &s.homes[shard]
	h.mu.Lock()
	defer h.mu.Unlock()
	id := s.take(h)
	return id, id != 0
}

// stolen is how many slots move at a time.
const stolen = 32

// steal moves some free slots to shard from another that has a whole chunk of
// them, so that memory which one shard has freed serves the others, too. The
// slots keep their owner, to whom they come back.
func (s *Slab[T]) steal(shard uint32) bool {
	var loot chain
	for other := range s.homes {
		h := &s.homes[other]
		if uint32(other) == shard {
			continue
		}
		h.mu.Lock()
		for plenty := ChunkSlots / int(s.kind.Span); h.free.n >= plenty && loot.n < stolen; {
			s.push(&loot, s.pop(&h.free))
		}
		h.mu.Unlock()
	}
	if loot.n == 0 {
		return false
	}
	h := &s.homes[shard]
	h.mu.Lock()
	s.splice(&h.free, &loot)
	h.mu.Unlock()
	return true
}

// grow makes a chunk for shard. It returns false when there can be no more.
func (s *Slab[T]) grow(shard uint32) bool {
	chunk, ok := s.newChunk(shard)
	if !ok {
		return false
	}
	if s.kind.Grown != nil && !s.kind.Grown(chunk, shard) {
		return false
	}
	first, end := chunk<<chunkBits, (chunk+1)<<chunkBits
	if first == 0 {
		first = s.kind.Span // slot 0 means "none"
	}
	h := &s.homes[shard]
	h.mu.Lock()
	defer h.mu.Unlock()
	for h.fresh < h.end { // another grew this shard meanwhile
		s.push(&h.free, h.fresh)
		h.fresh += s.kind.Span
	}
	h.fresh, h.end = first, end
	return true
}

func (s *Slab[T]) newChunk(shard uint32) (chunk uint32, ok bool) {
	s.growMu.Lock()
	defer s.growMu.Unlock()
	chunk = s.made.Load()
	if int(chunk) == s.Chunks() || !s.slots.grow(chunk) || !s.links.grow(chunk) {
		return 0, false
	}
	s.arena.bytes.Add(ChunkSlots * (sizeOf[T]() + sizeOf[uint32]()))
	s.owners[chunk] = shard // read only by those who have one of its ids
	s.made.Store(chunk + 1)
	return chunk, true
}
