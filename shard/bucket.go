package shard

import (
	"math/bits"

	"github.com/flowlabel/flowlabel/rcu"
)

// A bucket is one cache line of eight words, which have a flow and what leads to
// others:
//
//	0          1     5  6          7
//	[ entry ][   key   ][ handle ][ displaced ]
//
// The entry is 0 when the bucket is empty, and names the flow else:
//
//	63 53  52    51   32 31 27 26  0
//	[ 0 ][shown][label ][  0 ][slot ]
//
// The label is what the flow shows, see shown.go. A flow stands in its own
// bucket, the one that its hash points at, if that was empty when it came.
// Else it is displaced to any empty bucket of the segment, and one of four
// references in the displaced word of its own bucket tells which that is:
//
//	15     9 8     0
//	[ print ][ way ]
//
// The print is a part of the hash of the flow's key; own bucket and way, with exclusive
// or, make the other bucket. A reference is 0 when it is not used: a way never is. So
// a lookup goes to one bucket, or to two if the flow is displaced; and on only where
// a bucket's references have the same print twice.
//
// The idea is that of hopscotch hashing:
//
//	M. Herlihy, N. Shavit, M. Tzafrir, Hopscotch hashing, DISC 2008,
//
// but flows do not move; a bucket that needs a fifth reference has the segment split.
const (
	entryWord     = 0
	keyWord       = 1
	handleWord    = 6
	displacedWord = 7

	slotMask = 1<<27 - 1

	references = 4 // of a bucket
	// samePrints is how many references of a bucket may have one print for a flow of
	// that print to be displaced. Segments that are built anew do not ask.
	samePrints    = 2
	referenceBits = 16
	wayBits       = 9
	wayMask       = 1<<wayBits - 1
	printMask     = 1<<referenceBits - 1 - wayMask // in a reference and in a hash
	// eachReference has a 1 in the lowest place of each.
	eachReference = 1<<48 | 1<<32 | 1<<16 | 1
)

// MaxFlows is the most flows that a table can have.
const MaxFlows = slotMask >> 1 // slots that wait have ids, too

const (
	segmentBuckets = 1 << segmentBits
	segmentMask    = segmentBuckets - 1
	_              = uint(wayBits - segmentBits) // a way leads to every bucket
)

// segment is a hash table of segmentBuckets buckets. Flows never move within it.
type segment []line

// hashed is what a table makes of a key's hash: the top bits choose the segment,
// the low ones the bucket in it; the print is in the low 16 bits.
type hashed uint64

func (h hashed) bucket() uint32 { return uint32(h) & segmentMask }

// flowWords is what a bucket has of its flow: entry, key and handle.
type flowWords [displacedWord]uint64

// newFlowWords returns the words of the flow in a slot, which shows that.
func newFlowWords(slot, shown uint32, k *Key, s Handle) *flowWords {
	return &flowWords{uint64(shown)<<shownShift | uint64(slot),
		k.word(0), k.word(1), k.word(2), k.word(3), k.word(4), uint64(s)}
}

// slot returns the slot of the flow in a bucket, 0 for an empty one.
func (l *line) slot() uint32 { return uint32(l[entryWord].Load()) & slotMask }

// shown returns what the flow in a bucket shows. Its caller holds the segment's lock.
func (l *line) shown() uint32 { return uint32(l[entryWord].Load()>>shownShift) & shownMask }

// key returns the key of the flow in a bucket. Its caller holds the segment's lock.
func (l *line) key() (k Key) {
	for i := range KeyBytes / 8 {
		k.setWord(i, l[keyWord+i].Load())
	}
	return k
}

// holds returns the socket of the flow in a bucket if its key is k, and what the flow
// shows; else 0. Another flow may come to stand in the bucket meanwhile, but a slot is
// not another flow's before a grace period is over: if the entry has the same slot
// before and after, all that was read between is of one flow.
func (l *line) holds(k *Key) (s Handle, shown uint32) {
	e := l[entryWord].Load() // pairs with put and remove, as all loads here
	differs := (l[1].Load() ^ k.word(0)) | (l[2].Load() ^ k.word(1)) | (l[3].Load() ^ k.word(2)) |
		(l[4].Load() ^ k.word(3)) | (l[5].Load() ^ k.word(4))
	if Invariants {
		touched()
	}
	s = Handle(l[handleWord].Load())
	if differs != 0 || uint32(e) == 0 || uint32(l[entryWord].Load()) != uint32(e) {
		return 0, 0
	}
	return s, uint32(e>>shownShift) & shownMask
}

// candidate returns the one bucket in which the flow of a key may stand that its own
// bucket, l with number b, does not hold, as far as prints say; false, and b itself, if no
// reference has the print: then it stands nowhere. If several have, one is the candidate;
// and if that one is not used, which has the print 0, the candidate is b.
//
// It has no branch: whether a flow is displaced cannot be foretold, so a branch
// would be taken wrongly one time in three, and not before the bucket has come from
// memory. As it is the processor runs on into the next lookup meanwhile.
func (l *line) candidate(b uint32, h hashed) (at uint32, ok bool) {
	differ := l[displacedWord].Load() ^ uint64(h)&printMask*eachReference
	m := differ & (printMask * eachReference)
	// The top bit of each reference whose print is h's, and of no other: a difference
	// that is not 0 is 1<<wayBits or more, so that a borrow does not empty it.
	m = (m - eachReference) &^ m & (1 << (referenceBits - 1) * eachReference)
	at = b ^ uint32(differ>>(bits.TrailingZeros64(m)&(3*referenceBits)))&wayMask
	if m == 0 {
		at = b
	}
	return at, m != 0
}

// roomFor is what segment.room found.
type roomFor uint8

const (
	roomThere  roomFor = iota
	roomNone           // the segment is full, or the flow's own bucket has enough references
	roomIsHeld         // the key is there already
)

// find returns the number of the bucket that holds a key. Its caller holds the
// segment's lock.
func (g segment) find(h hashed, k *Key) (n uint32, ok bool) {
	own := h.bucket()
	if s, _ := g[own].holds(k); s != 0 {
		return own, true
	}
	for r := g[own][displacedWord].Load(); r != 0; r >>= referenceBits {
		n = own ^ uint32(r)&wayMask
		if n == own {
			continue
		}
		if s, _ := g[n].holds(k); s != 0 {
			return n, true
		}
	}
	return 0, false
}

// room looks for a bucket for a new flow. Its caller holds the segment's lock.
func (g segment) room(h hashed, k *Key) (n uint32, r roomFor) {
	if _, ok := g.find(h, k); ok {
		return 0, roomIsHeld
	}
	if n, r = g.empty(h); n != h.bucket() && g[h.bucket()].prints(h) >= samePrints {
		return 0, roomNone
	}
	return n, r
}

// prints returns how many references of a bucket have the print of h.
func (l *line) prints(h hashed) (n int) {
	for r := l[displacedWord].Load(); r != 0; r >>= referenceBits {
		if r&wayMask != 0 && (uint64(h)^r)&printMask == 0 {
			n++
		}
	}
	return n
}

// empty returns the number of an empty bucket in which a flow may stand.
func (g segment) empty(h hashed) (n uint32, r roomFor) {
	own := h.bucket()
	if g[own].slot() == 0 {
		return own, roomThere
	}
	if _, ok := freeReference(g[own][displacedWord].Load()); !ok {
		return 0, roomNone
	}
	for way := uint32(1); way < segmentBuckets; way++ {
		if g[own^way].slot() == 0 {
			return own ^ way, roomThere
		}
	}
	return 0, roomNone
}

// freeReference returns how far to shift to the first reference that is not used.
func freeReference(displaced uint64) (shift int, ok bool) {
	for shift = 0; shift < 64; shift += referenceBits {
		if displaced>>shift&(1<<referenceBits-1) == 0 {
			return shift, true
		}
	}
	return 0, false
}

// put writes a flow into the empty bucket that room has found, the entry after the
// other words. Its caller holds the segment's lock, the end of which is the fence, or is alone
// with it. With atomic stores a flow was bound in 1.1 µs, and in 0.8 now (BenchmarkFlowBind).
func (g segment) put(h hashed, n uint32, w *flowWords) {
	for i := handleWord; i >= entryWord; i-- {
		rcu.Publish(&g[n][i], w[i]) // pairs with the loads of readers
	}
	if own := h.bucket(); n != own {
		displaced := &g[own][displacedWord]
		shift, _ := freeReference(displaced.Load())
		reference := uint64(h)&printMask | uint64(own^n)
		displaced.Store(displaced.Load() | reference<<shift)
	}
}

// remove empties the n-th bucket, in which a flow with hash h stands. Its caller
// holds the segment's lock.
func (g segment) remove(h hashed, n uint32) {
	g[n][entryWord].Store(0)
	own := h.bucket()
	if n == own {
		return
	}
	displaced := &g[own][displacedWord]
	for r, shift := displaced.Load(), 0; shift < 64; shift += referenceBits {
		if own^uint32(r>>shift)&wayMask == n {
			displaced.Store(r &^ ((1<<referenceBits - 1) << shift))
		}
	}
}

// count returns the number of flows in a segment, roughly if others change it.
func (g segment) count() (n int) {
	for i := range g {
		if g[i].slot() != 0 {
			n++
		}
	}
	return n
}

// clear empties a segment that nobody else can see.
func (g segment) clear() {
	for i := range g {
		g[i].clear()
	}
}
