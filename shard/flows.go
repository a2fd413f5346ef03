package shard

import (
	"math/bits"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/cpu"

	"github.com/flowlabel/flowlabel/rcu"
)

// Flows is a hash table from the 5-tuple of a flow to the socket it is bound to,
// for those who hold only a packet. It grows by extendible hashing:
//
//	R. Fagin et al., Extendible hashing: a fast access method for dynamic files,
//	ACM TODS 4(3), 1979,
//
// a segment at a time, so that no bind waits for more than some hundred flows to
// move, unless the table gets another seed: then all move. It differs in what a reader
// needs: a segment that is full is built anew as two, and published with one store a
// word; flows never move in a segment that can be found. Within a segment a flow
// stands in the line that its hash points at, key and socket with it, or in one that
// this line leads to; see bucket.go. So most lookups wait for one line from memory,
// where a table of tags and slot numbers makes them wait for two, one after the
// other: a lookup among a million flows took 141 ns with this table when it took 218
// with such a one.
//
// The hash is keyed with a secret seed, a lookup looks at five buckets at most, and a
// table that somebody fills unevenly gets another seed.
//
// Every method may be called from any goroutine, inside a section. Lookups wait
// for nothing. Binding and unbinding hold the lock of a segment.
type Flows struct {
	slab     *Slab[Flow]
	segments *Slab[line]
	lines    lines // of segments, for assembly that needs AVX2; not set where there is none
	sockets  *Sockets
	seed     func() uint64
	maxBits  uint32 // of a directory

	// dir is stored under mu, and under all locks when the seed changes; pairs with
	// the loads of readers.
	dir   atomic.Pointer[directory]
	mu    sync.Mutex // serialises changes of dir and of its words
	locks [flowLocks]flowLock

	bound   atomic.Int64 // flows in the table; the size of a new directory goes by it
	reseeds atomic.Int64 // a statistic
}

// flowLocks is the number of locks; a segment's is chosen by the run that it
// stands in. A lock keeps the segment from changing and from being replaced.
// Whoever needs more than one takes them in their order, then mu. No lock is held
// while a socket's or a slab's is taken; a socket's may be held.
const flowLocks = 64

type flowLock struct {
	mu sync.Mutex
	_  cpu.CacheLinePad
}

// NewFlows returns room for limit flows bound to the sockets of ss. seed returns
// random numbers, which must be kept secret.
func NewFlows(d *rcu.Domain, a *Arena, ss *Sockets, shards, limit int, seed func() uint64, ring func()) *Flows {
	f := &Flows{sockets: ss, seed: seed}
	ss.flows = f
	flows := Kind{Ring: ring}
	if Invariants {
		flows.Reclaim = f.poison
	}
	f.slab = NewSlab[Flow](d, a, shards, limit, flows)
	// There is room for as many flows as there are slots. A new seed makes segments
	// that are full by a quarter to a half, and some to spare, before the old ones go,
	// which were made so, too.
	segments := f.slab.Chunks()*ChunkSlots/segmentBuckets + 1
	f.segments = NewSlab[line](d, a, shards, 10*segments, Kind{Span: segmentBuckets, Ring: ring})
	if hasAVX2 {
		f.lines.set(f.segments)
	}
	// In the deepest directory, which segments may be split to, those have an eighth
	// of their buckets taken, or less.
	f.maxBits = uint32(bits.Len(uint(8 * segments)))
	return f
}

// flowsPerSplit is how many flows a segment must have to be split: one that has
// fewer and no room for another is not so by chance.
const flowsPerSplit = max(segmentBuckets/16, 1)

// poison makes a reclaimed flow one of no socket.
func (f *Flows) poison(id uint32) bool {
	f.At(id).Socket = NewHandle(0, 1<<32-1)
	return true
}

// At returns the flow in slot id.
func (f *Flows) At(id uint32) *Flow { return f.slab.At(id) }

// held is a segment with its lock taken.
type held struct {
	segment
	dir  *directory // in which it was found
	h    hashed
	word segmentWord
	lock *sync.Mutex
}

// hold locks the segment that a key belongs to; false in an empty table.
func (f *Flows) hold(k *Key) (held, bool) {
	for {
		d := f.dir.Load()
		if d == nil {
			return held{}, false
		}
		h := d.hash(k)
		if g, ok := f.holdWord(d, h, d.word(h)); ok {
			return g, true
		}
	}
}

// holdWord locks the segment that w names; false when it is not h's any more. Its
// caller has loaded w in the section that it is in. So the run that w names cannot
// have come back as another segment of the same depth, and where the word is w
// still, the segment is.
func (f *Flows) holdWord(d *directory, h hashed, w segmentWord) (held, bool) {
	lock := f.lockOf(w.run())
	lock.Lock()
	if now := f.dir.Load(); now.seed != d.seed || now.word(h) != w {
		lock.Unlock()
		return held{}, false
	}
	return held{segment: f.segments.Run(w.run()), dir: d, h: h, word: w, lock: lock}, true
}

// lockOf returns the lock of the segment that a bucket is in.
func (f *Flows) lockOf(bucket uint32) *sync.Mutex {
	return &f.locks[bucket/segmentBuckets%flowLocks].mu
}

// Binding is what Bind came to.
type Binding uint8

// What became of an attempt to bind a flow.
const (
	Bound      Binding = iota
	FlowHeld           // the 5-tuple is bound already
	FlowClosed         // the socket is closed or another
	FlowsFull          // no slot is free
	FlowMemory         // no segment is
)

// Bind makes the flow of key k one of socket s, whose slot is id.
func (f *Flows) Bind(k *Key, id uint32, s *Socket, generation, shard uint32) Binding {
	slot, ok := f.slab.Alloc(shard)
	if !ok {
		return FlowsFull
	}
	fl := f.At(slot)
	fl.bucket.Store(0)
	fl.Socket = NewHandle(id, generation)
	if !f.link(slot, fl, s) {
		f.slab.Release(slot)
		return FlowClosed
	}
	if b := f.insert(slot, fl, k, shard); b != Bound {
		if f.unlink(fl, s) {
			f.slab.Release(slot) // so that being refused again and again takes no slots
		} else {
			f.slab.Retire(slot) // the socket's closer may be looking at it
		}
		return b
	}
	// Shut closes the socket before it pops its flows. If it has popped this one
	// before it was in the table, the socket is seen to be closed here.
	// If it has popped it afterwards and ended it, the flow was bound for a while.
	if !s.Open(generation) && f.drop(slot, fl) {
		return FlowClosed
	}
	if s.toShow() != 0 {
		s.mu.Lock()
		f.show(s)
		s.mu.Unlock()
	}
	return Bound
}

// growTries is how often the table may grow for the sake of one flow: more often
// than segments can be split on the way to the deepest directory. It ends a walk
// that only a seed which is not random could make longer; the segments of the
// directories made on that walk wait for the end of the caller's section.
const growTries = 64

// insert puts a flow into the table.
func (f *Flows) insert(slot uint32, fl *Flow, k *Key, shard uint32) Binding {
	for range growTries {
		g, ok := f.hold(k)
		if !ok {
			if !f.reseed(nil, shard) {
				return FlowMemory
			}
			continue
		}
		n, room := g.room(g.h, k)
		if room == roomThere {
			g.put(g.h, n, newFlowWords(slot, 0, k, fl.Socket))
			// A fence: Bind looks next at the socket's list, and whether it is open.
			fl.bucket.Store(g.word.run() + n)
			f.bound.Add(1)
		}
		g.lock.Unlock()
		switch {
		case room == roomThere:
			return Bound
		case room == roomIsHeld:
			return FlowHeld
		case !f.grow(g, shard):
			return FlowMemory
		}
	}
	return FlowMemory
}

// grow makes room for a flow that found none in segment g, which its caller no
// longer holds, unless another has since. It returns false when there is no memory.
func (f *Flows) grow(g held, shard uint32) bool {
	if g.word.depth() < f.maxBits && g.count() >= flowsPerSplit {
		return f.split(g, shard)
	}
	return f.reseed(g.dir, shard)
}

// holdFlow locks the segment in which a flow stands and returns its bucket; 0, and no
// lock, when it is not in the table, not yet or no more.
func (f *Flows) holdFlow(slot uint32, fl *Flow) (bucket uint32, lock *sync.Mutex) {
	for {
		b := fl.bucket.Load()
		if b == 0 {
			return 0, nil
		}
		if Invariants {
			touched()
		}
		lock = f.lockOf(b)
		lock.Lock()
		moved := fl.bucket.Load() != b
		if !moved && f.segments.At(b).slot() == slot {
			return b, lock
		}
		lock.Unlock()
		if !moved { // it was taken out, and after that Flows.moved said where it had stood
			return 0, nil
		}
	}
}

// drop ends a flow, unless another has; it returns whether it was there.
func (f *Flows) drop(slot uint32, fl *Flow) bool {
	b, lock := f.holdFlow(slot, fl)
	if b == 0 {
		return false
	}
	// While the flow is there, no other is, and its segment is the directory's.
	k := f.segments.At(b).key()
	f.take(segment(f.segments.Run(b&^segmentMask)), f.dir.Load().hash(&k), b&segmentMask, fl)
	lock.Unlock()
	f.forget(slot, fl)
	return true
}

// take takes the flow in the n-th bucket of segment g out of the table. Its caller
// holds the segment's lock.
func (f *Flows) take(g segment, h hashed, n uint32, fl *Flow) {
	g.remove(h, n)
	fl.bucket.Store(0)
}

// forget gives up a flow that its caller has taken out of the table.
func (f *Flows) forget(slot uint32, fl *Flow) {
	f.bound.Add(-1)
	f.unlink(fl, f.sockets.At(fl.Socket.Slot()))
	f.slab.Retire(slot)
}

// Unbind ends the flow of key k if it is bound to that socket; it returns false
// when it is not.
func (f *Flows) Unbind(k *Key, socket, generation uint32) bool {
	g, ok := f.hold(k)
	if !ok {
		return false
	}
	n, ok := g.find(g.h, k)
	if ok = ok && Handle(g.segment[n][handleWord].Load()) == NewHandle(socket, generation); !ok {
		g.lock.Unlock()
		return false
	}
	slot := g.segment[n].slot()
	fl := f.At(slot)
	f.take(g.segment, g.h, n, fl)
	g.lock.Unlock()
	f.forget(slot, fl)
	return true
}

// UnbindAll ends the flows of a socket that Shut has closed, and returns how
// many those were. Whoever has closed a socket has to call it before the section
// ends in which the socket is retired: what is left on the list then is there for
// the next socket in the slot.
func (f *Flows) UnbindAll(s *Socket) (n int) {
	for slot := f.pop(s); slot != 0; slot = f.pop(s) {
		if f.drop(slot, f.At(slot)) {
			n++
		}
	}
	return n
}

// Bound says how many flows there are.
func (f *Flows) Bound() int { return int(f.bound.Load()) }

// Reseeds says how often the table got another seed because flows crowded.
func (f *Flows) Reseeds() int64 { return f.reseeds.Load() }

// Collect reclaims flows and segments of a shard; see Slab.Collect.
func (f *Flows) Collect(shard uint32) (int, bool) {
	n, more := f.slab.Collect(shard)
	n2, more2 := f.segments.Collect(shard)
	return n + n2, more || more2
}

// Usage says what the flows and what their buckets, with the directory, hold now.
func (f *Flows) Usage() (flows, buckets Usage) {
	flows, buckets = f.slab.Usage(), f.segments.Usage()
	if d := f.dir.Load(); d != nil {
		buckets.Bytes += int64(len(d.words)) * sizeOf[atomic.Uint64]()
	}
	return flows, buckets
}
