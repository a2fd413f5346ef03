package shard

import (
	"math/bits"
	"sync/atomic"

	"github.com/flowlabel/flowlabel/rcu"
)

// line is one cache line of a block.
type line [lineEntries]atomic.Uint64

const lineEntries = 8

// clear empties a line that nobody else can see.
func (l *line) clear() {
	for i := range l {
		rcu.Publish(&l[i], 0)
	}
}

// classes is the number of sizes of blocks: 1, 2, 4, ... lines, the largest a
// chunk.
const classes = chunkBits + 1

// maxClassBytes is the most memory that blocks of one size may take: every
// socket may have a list of any size, but not all of them one of thousands.
const (
	maxClassBytes = 512 << 20
	lineBytes     = 64
)

// MaxEntries is the most entries that a socket's list can have.
const MaxEntries = lineEntries * ChunkSlots

// Sockets keeps the sockets of an engine and the blocks with their lists.
//
// Every method may be called from any goroutine, inside a section unless it
// says otherwise. Changes of one socket's list wait for each other; lookups
// wait for nothing.
type Sockets struct {
	slab   *Slab[Socket]
	slots  array[Socket]        // of slab, at hand for packets
	blocks [classes]*Slab[line] // by class
	lines  [classes]lines       // of blocks
	most   int                  // entries that one list may have
	flows  *Flows               // bound to the sockets, nil if there is no such table
}

// NewSockets returns room for limit sockets, with lists of up to most entries.
func NewSockets(d *rcu.Domain, a *Arena, shards, limit, most int, ring func()) *Sockets {
	ss := &Sockets{most: most}
	ss.slab = NewSlab[Socket](d, a, shards, limit, Kind{Reclaim: ss.reclaim, Ring: ring})
	ss.slots = ss.slab.slots
	for c := range ss.blocks {
		k := Kind{Span: 1 << c, Ring: ring}
		if Invariants {
			k.Reclaim = ss.poisoner(c)
		}
		ss.blocks[c] = NewSlab[line](d, a, shards, min(limit, maxClassBytes/lineBytes>>c), k)
		ss.lines[c].set(ss.blocks[c])
	}
	return ss
}

// reclaim gives a closed socket's slot its next generation.
func (ss *Sockets) reclaim(id uint32) bool {
	s := ss.slab.At(id)
	generation := s.word.Load()>>socketGenShift + 1
	s.word.Store(generation<<socketGenShift | shut)
	return generation < socketLifeCount-1
}

// poisoner makes entries of reclaimed blocks recognisable.
func (ss *Sockets) poisoner(class int) func(uint32) bool {
	return func(id uint32) bool {
		lines := ss.blocks[class].Run(id)
		for i := range lines {
			for j := range lines[i] {
				lines[i][j].Store(poison64)
			}
		}
		return true
	}
}

// Alloc returns a free slot, which nobody can find before Opened, and the
// generation that its handles carry. It returns false when the table is full.
func (ss *Sockets) Alloc(shard uint32) (id uint32, s *Socket, generation uint32, ok bool) {
	if id, ok = ss.slab.Alloc(shard); !ok {
		return 0, nil, 0, false
	}
	s = ss.slab.At(id)
	return id, s, uint32(s.word.Load() >> socketGenShift), true
}

// Opened makes a filled slot an open socket with an empty list, which may
// reflect from the start.
func (s *Socket) Opened(reflects bool) {
	s.Current.Store(0)
	if reflects {
		s.Current.Store(CurrentReflects)
	}
	s.Remote.Store(0)
	s.used = 0
	for i := range s.own {
		rcu.Publish(&s.own[i], 0)
	}
	s.word.Store(s.word.Load() >> socketGenShift << socketGenShift)
}

// At returns the socket in slot id.
func (ss *Sockets) At(id uint32) *Socket { return ss.slots.at(id) }

// Fetch asks memory for the first line of sockets.
func (ss *Sockets) Fetch(ids []uint32) { ss.slots.fetch(ids) }

// Release gives back a slot after Alloc that was not opened.
func (ss *Sockets) Release(id uint32) { ss.slab.Release(id) }

// Retire gives back the slot of a socket that Shut has closed.
func (ss *Sockets) Retire(id uint32) { ss.slab.Retire(id) }

// run returns the lines of the block that a socket's word names, empty when
// the list stands in the socket itself.
func (ss *Sockets) run(word uint64) []line {
	block := uint32(word & blockMask)
	if block == 0 || block == shut {
		return nil
	}
	return ss.blocks[word>>classShift&classMask].Run(block)
}

// Find returns the socket's first entry with the label, the zero Entry when it
// has none, and false when the socket is not the one of that generation or is
// closed. It is what a packet asks: one cache line for a short list, no shared
// write.
func (ss *Sockets) Find(s *Socket, generation, label uint32) (Entry, bool) {
	if !Invariants && glances {
		if e := glance(ss, s, generation, label); e != 0 {
			return e, true
		}
	}
	return ss.FindInOrder(s, generation, label)
}

// FindInOrder is Find for what a glance has not seen: it goes through the places in
// order.
func (ss *Sockets) FindInOrder(s *Socket, generation, label uint32) (Entry, bool) {
	word, ok := s.block(generation)
	if !ok {
		return 0, false
	}
	if label == 0 {
		return 0, true
	}
	if word&blockMask != 0 {
		if Invariants {
			notPoisoned(ss.run(word))
		}
		return ss.findInBlock(word, label), true
	}
	// Most sockets have one label.
	if e := Entry(s.own[0].Load()); e.Label() == label {
		return e, true
	}
	return s.findInOwn(label), true
}

// First returns the first entry of an open socket with a short list, if it has
// the label and no headers; else the zero Entry, and Find has to say. Most sockets
// have one label, and most labels no headers: for those it is the whole answer, in
// two loads of one cache line.
func (s *Socket) First(generation, label uint32) Entry {
	if Invariants {
		touched()
	}
	// A word with nothing but the generation: open, and without a block. It is
	// looked at first, since of the labels in a block the one that once stood here
	// cannot be foretold.
	if s.word.Load() == uint64(generation)<<socketGenShift {
		if e := Entry(s.own[0].Load()); uint32(e) == label {
			return e
		}
	}
	return 0
}

// findInOwn is FindInOrder for the other entries beside the word. It has no branch
// that cannot be foretold.
func (s *Socket) findInOwn(label uint32) Entry {
	m := hasLabel(s.own[1].Load(), label) | hasLabel(s.own[2].Load(), label)<<1 |
		hasLabel(s.own[3].Load(), label)<<2 | hasLabel(s.own[4].Load(), label)<<3
	if m == 0 {
		return 0
	}
	if e := Entry(s.own[1+bits.TrailingZeros32(m)&3].Load()); e.Label() == label {
		return e
	}
	return s.scanOwn(label)
}

// scanOwn is findInOwn for an entry that was put, or replaced, between two looks.
// It loads each place once, in order. So it misses no label that is held all the
// while: of several uses of a label the first is put first, so a label that leaves
// a place stands farther on, too.
func (s *Socket) scanOwn(label uint32) Entry {
	for i := range s.own {
		if e := Entry(s.own[i].Load()); e.Label() == label {
			return e
		}
	}
	return 0
}

// hasLabel returns 1 if an entry has the label, else 0.
func hasLabel(e uint64, label uint32) uint32 {
	return uint32((uint64(uint32(e)&entryLabel^label) - 1) >> 63)
}

// Collect reclaims sockets and blocks of a shard; see Slab.Collect.
func (ss *Sockets) Collect(shard uint32) (reclaimed int, more bool) {
	reclaimed, more = ss.slab.Collect(shard)
	for _, b := range ss.blocks {
		n, m := b.Collect(shard)
		reclaimed += n
		more = more || m
	}
	return reclaimed, more
}

// Usage says what the sockets and what their blocks hold now, of these Slots, Capacity
// and Bytes.
func (ss *Sockets) Usage() (sockets, blocks Usage) {
	for _, b := range ss.blocks {
		u := b.Usage()
		blocks.Slots += u.Slots
		blocks.Capacity += u.Capacity
		blocks.Bytes += u.Bytes
	}
	return ss.slab.Usage(), blocks
}
