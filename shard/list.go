package shard

import (
	"iter"
	"sync/atomic"

	"github.com/flowlabel/flowlabel/rcu"
)

// Outcome is what Publish came to.
type Outcome uint8

// What became of an attempt to publish an entry.
const (
	Published Outcome = iota
	Closed            // the socket is closed or another
	ListFull          // the list has as many entries as it may have
	NoMemory          // no block of the size needed is free
)

// Publish adds an entry for lease l to the socket's list. Its caller holds a
// user of the lease, and the entry owns it after Published; with any other
// outcome nothing has changed. Just before the entry can be found the lease's
// linger and expires are raised to what the caller asks, while the user is
// still the caller's alone to drop.
func (ss *Sockets) Publish(s *Socket, generation, shard uint32, e Entry, l *Lease, linger, expires int64) Outcome {
	for {
		s.mu.Lock()
		word, ok := s.block(generation)
		if !ok {
			s.mu.Unlock()
			return Closed
		}
		if int(s.used) >= ss.most {
			s.mu.Unlock()
			return ListFull
		}
		if place := ss.place(s, word, 0); place != nil {
			l.Raise(linger, expires)
			if s.flows != 0 && place == &s.own[0] {
				place.Store(uint64(e)) // a fence before show's loads, which pairs with Bind
				ss.flows.show(s)
			} else {
				rcu.Publish(place, uint64(e)) // Unlock is the fence
			}
			s.used++
			s.mu.Unlock()
			return Published
		}
		s.mu.Unlock()
		if !ss.enlarge(s, word, shard) {
			return NoMemory
		}
	}
}

// place returns the first place of the list that word names with an entry of the label, 0
// for an empty place; nil when there is none. Its caller holds the socket's lock.
func (ss *Sockets) place(s *Socket, word uint64, label uint32) *atomic.Uint64 {
	if word&blockMask == 0 {
		return placeOf(s.own[:], label)
	}
	lines := ss.run(word)
	for i := range lines {
		if place := placeOf(lines[i][:], label); place != nil {
			return place
		}
	}
	return nil
}

func placeOf(places []atomic.Uint64, label uint32) *atomic.Uint64 {
	for i := range places {
		if Entry(places[i].Load()).Label() == label {
			return &places[i]
		}
	}
	return nil
}

// places goes through the places of the list that word names.
func (ss *Sockets) places(s *Socket, word uint64) iter.Seq[*atomic.Uint64] {
	return func(yield func(*atomic.Uint64) bool) {
		if word&blockMask == 0 {
			for i := range s.own {
				if !yield(&s.own[i]) {
					return
				}
			}
			return
		}
		lines := ss.run(word)
		for i := range lines {
			for j := range lines[i] {
				if !yield(&lines[i][j]) {
					return
				}
			}
		}
	}
}

// enlarge replaces the list that word names, which is full, by a larger one
// with the same entries, in the same order. It returns true also when somebody else has
// changed the list meanwhile.
func (ss *Sockets) enlarge(s *Socket, word uint64, shard uint32) bool {
	class := uint64(0)
	if word&blockMask != 0 {
		class = word>>classShift&classMask + 1
	}
	if class == classes {
		return false
	}
	block, ok := ss.blocks[class].Alloc(shard)
	if !ok {
		return false
	}
	larger := ss.blocks[class].Run(block)
	s.mu.Lock()
	if s.word.Load() != word {
		s.mu.Unlock()
		ss.blocks[class].Release(block)
		return true
	}
	for i := range larger {
		larger[i].clear()
	}
	n := 0
	for place := range ss.places(s, word) {
		rcu.Publish(&larger[n/lineEntries][n%lineEntries], place.Load())
		n++
	}
	ss.hide(s)
	s.word.Store(word>>socketGenShift<<socketGenShift | class<<classShift | uint64(block))
	s.mu.Unlock()
	ss.retireBlock(word)
	return true
}

// hide is Flows.hide, where there are flows.
func (ss *Sockets) hide(s *Socket) {
	if s.shows {
		ss.flows.hide(s)
	}
}

func (ss *Sockets) retireBlock(word uint64) {
	if block := uint32(word & blockMask); block != 0 {
		ss.blocks[word>>classShift&classMask].Retire(block)
	}
}

// Remove takes the first entry with the label off the list and returns it, the
// zero Entry when there is none; false when the socket is closed or another.
// The user that the entry owned is the caller's to drop.
func (ss *Sockets) Remove(s *Socket, generation, label uint32) (e Entry, ok bool) {
	s.mu.Lock()
	word, ok := s.block(generation)
	if ok && label != 0 {
		e = ss.take(s, word, label)
	}
	s.mu.Unlock()
	return e, ok
}

// take is Remove of a label from the list that word names, under the socket's lock.
func (ss *Sockets) take(s *Socket, word uint64, label uint32) Entry {
	place := ss.place(s, word, label)
	if place == nil {
		return 0
	}
	e := Entry(place.Load())
	if place == &s.own[0] {
		ss.hide(s)
	}
	rcu.Publish(place, 0) // Unlock is the fence, for those who ask next what else names the label
	s.used--
	return e
}

// Shut closes the socket for good and hands each entry of its list to drop,
// which gets the user that it owned. It returns false when the socket was
// closed before, or is another. The slot is still to be retired.
func (ss *Sockets) Shut(s *Socket, generation uint32, drop func(Entry)) bool {
	s.mu.Lock()
	word, ok := s.block(generation)
	if ok {
		ss.hide(s)
		s.word.Store(word>>socketGenShift<<socketGenShift | shut)
	}
	s.mu.Unlock()
	if !ok {
		return false
	}
	// From here on nobody else changes the list.
	for place := range ss.places(s, word) {
		if e := Entry(place.Load()); e != 0 {
			drop(e)
		}
	}
	ss.retireBlock(word)
	return true
}
