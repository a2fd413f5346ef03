package shard

import (
	"sync/atomic"
	"unsafe"

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
		used := int(s.used)
		if used >= ss.most {
			s.mu.Unlock()
			return ListFull
		}
		if place := empty(ss.places(s, word), used); place != nil {
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

// places returns the places of the list that word names.
func (ss *Sockets) places(s *Socket, word uint64) []atomic.Uint64 {
	if word&blockMask == 0 {
		return s.own[:]
	}
	return ss.blockPlaces(word)
}

func (ss *Sockets) blockPlaces(word uint64) []atomic.Uint64 {
	lines := ss.run(word)
	if len(lines) == 0 {
		return nil
	}
	// Lines lie one behind another, and are nothing but places.
	return unsafe.Slice(&lines[0][0], len(lines)*lineEntries)
}

// empty returns an empty one of places, of which so many are used; nil when all are. Its
// caller holds the socket's lock.
func empty(places []atomic.Uint64, used int) *atomic.Uint64 {
	if used == len(places) {
		return nil
	}
	for i := range places {
		if places[i].Load() == 0 {
			return &places[i]
		}
	}
	return nil
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
	places := ss.places(s, word)
	for i := range places {
		rcu.Publish(&larger[i/lineEntries][i%lineEntries], places[i].Load())
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
func (ss *Sockets) Remove(s *Socket, generation, label uint32) (Entry, bool) {
	s.mu.Lock()
	word, ok := s.block(generation)
	e := Entry(0)
	if ok && label != 0 {
		e = ss.take(s, ss.places(s, word), label)
	}
	s.mu.Unlock()
	return e, ok
}

// take is Remove of a label other than 0 from the places of a list, under the lock.
func (ss *Sockets) take(s *Socket, places []atomic.Uint64, label uint32) Entry {
	for i := range places {
		place := &places[i]
		if e := Entry(place.Load()); e.Label() == label {
			if place == &s.own[0] {
				ss.hide(s)
			}
			rcu.Publish(place, 0) // Unlock is the fence, for those who ask next what else names the label
			s.used--
			return e
		}
	}
	return 0
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
	places := ss.places(s, word)
	for i := range places {
		if e := Entry(places[i].Load()); e != 0 {
			drop(e)
		}
	}
	ss.retireBlock(word)
	return true
}
