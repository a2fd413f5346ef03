package shard

import "sync/atomic"

// A bucket is one cache line of eight words, each of which is 0 or names a flow:
//
//	63   32 31         27 26    0
//	[ tag ][ displaced ][ slot ]
//
// The tag is a part of the flow's hash, by which a reader passes over flows that
// are not the one it looks for. displaced stands in the last word of a bucket
// only, whether that names a flow or not: it counts the flows of this bucket and
// of the ones before it that were put farther on because this one was full. A
// reader goes on to the next bucket while the count is not 0, and looks at window
// buckets at most.
const (
	window    = 4
	slotMask  = 1<<27 - 1
	tagShift  = 32
	lastPlace = lineEntries - 1

	oneDisplaced  = 1 << 27
	displacedMask = 31 * oneDisplaced // (window-1)*lineEntries fit

	// sameTags is how many flows with one tag a window may hold, and so how many
	// keys a lookup may have to compare.
	sameTags = 2
	// reach is how far from a window's first bucket, ahead and back, another window
	// may begin that has a bucket in common with it.
	reach = window - 1
	// around is how many more buckets those windows have; none where a window is
	// the whole segment.
	around = min(2*reach, segmentBuckets-window)
)

// MaxFlows is the most flows that a table can have.
const MaxFlows = slotMask >> 1 // slots that wait have ids, too

const (
	segmentBuckets = 1 << segmentBits
	segmentMask    = segmentBuckets - 1
)

// segment is a hash table of segmentBuckets buckets, which are window buckets
// each other's neighbours, the last one's being the first. Flows never move
// within it.
type segment []line

// hashed is what a table makes of a key's hash: the top bits choose the segment,
// the low bits the bucket in it, those in the middle are the tag.
type hashed uint64

func (h hashed) bucket() uint32 { return uint32(h) & segmentMask }
func (h hashed) tag() uint32    { return uint32(h >> 16) }

// entry returns the word for a flow.
func (h hashed) entry(slot uint32) uint64 { return uint64(h.tag())<<tagShift | uint64(slot) }

// at returns the n-th bucket of the window that begins at h's own.
func (g segment) at(h hashed, n uint32) *line { return &g[(h.bucket()+n)&segmentMask] }

// more says whether flows of this bucket, or of one before it, stand in the next.
func (l *line) more() bool { return l[lastPlace].Load()&displacedMask != 0 }

// roomFor is what segment.room found.
type roomFor uint8

const (
	roomThere  roomFor = iota
	roomNone           // the window is full
	roomFlood          // too many flows have the same tag
	roomIsHeld         // the key is there already
)

// room looks for a place for a new flow: the bucket's number in the window, and
// the place in the bucket. It counts the flows with the same tag in all
// windows that the flow may come to be in, wherever it is put. Its caller holds
// the segment's lock.
func (g segment) room(h hashed, same func(slot uint32) bool) (n, place uint32, r roomFor) {
	tags, r := 0, roomNone
	for i := range uint32(window) {
		l := g.at(h, i)
		for j := range l {
			e := l[j].Load()
			slot := uint32(e) & slotMask
			switch {
			case slot == 0:
				if r == roomNone {
					n, place, r = i, uint32(j), roomThere
				}
			case uint32(e>>tagShift) == h.tag():
				if tags++; same(slot) {
					return 0, 0, roomIsHeld
				}
			}
		}
	}
	if tags+g.tagsAround(h) >= sameTags {
		return 0, 0, roomFlood
	}
	return n, place, r
}

// tagsAround counts the flows with h's tag in the buckets within reach of its
// window.
func (g segment) tagsAround(h hashed) (tags int) {
	for i := range uint32(around) {
		n := window + i // after the window
		if i >= reach {
			n = i - 2*reach // before it: at wraps round
		}
		l := g.at(h, n)
		for j := range l {
			if e := l[j].Load(); uint32(e>>tagShift) == h.tag() && e&slotMask != 0 {
				tags++
			}
		}
	}
	return tags
}

// put writes a flow into the place that room has found. The buckets that it
// passes over count it first, so that a reader which sees it in its place would
// have been led there. Its caller holds the segment's lock, or is alone with it.
func (g segment) put(h hashed, n, place, slot uint32) {
	g.displace(h, n, oneDisplaced)
	w := &g.at(h, n)[place]
	w.Store(w.Load()&displacedMask | h.entry(slot)) // pairs with the loads of readers
}

// displace adds to the counts of the first n buckets of the window.
func (g segment) displace(h hashed, n uint32, by uint64) {
	for i := range n {
		l := g.at(h, i)
		l[lastPlace].Store(l[lastPlace].Load() + by)
	}
}

// remove takes a flow out and returns false when it is not there. Its caller
// holds the segment's lock.
func (g segment) remove(h hashed, slot uint32) bool {
	for n := range uint32(window) {
		l := g.at(h, n)
		for j := range l {
			if e := l[j].Load(); uint32(e)&slotMask == slot {
				l[j].Store(e & displacedMask)
				g.displace(h, n, ^uint64(oneDisplaced)+1)
				return true
			}
		}
	}
	return false
}

// each calls do for every flow.
func (g segment) each(do func(slot uint32)) {
	for i := range g {
		for j := range g[i] {
			if slot := uint32(g[i][j].Load()) & slotMask; slot != 0 {
				do(slot)
			}
		}
	}
}

// add puts a flow into a segment that nobody else can see, and returns false
// when its window is full.
func (g segment) add(h hashed, slot uint32) bool {
	n, place, r := g.room(h, func(uint32) bool { return false })
	if r != roomThere {
		return false
	}
	g.put(h, n, place, slot)
	return true
}

// clear empties a segment that nobody else can see.
func (g segment) clear() {
	for i := range g {
		g[i].clear()
	}
}

// segmentWord is what a directory says of a segment: its run of lines, and how
// many of the top bits of a hash its flows have in common.
//
//	63  32 31     0
//	[depth][ run  ]
type segmentWord uint64

func newSegmentWord(run, depth uint32) segmentWord {
	return segmentWord(depth)<<32 | segmentWord(run)
}

func (w segmentWord) run() uint32   { return uint32(w) }
func (w segmentWord) depth() uint32 { return uint32(w >> 32) }

// directory says which segment has the flows whose hash begins with some bits.
// A segment of depth d stands in 2^(bits-d) words side by side.
type directory struct {
	seed  uint64          // of the hash; secret, and another one in each new directory but a larger one
	shift uint32          // 64 - bits
	words []atomic.Uint64 // stored under Flows.mu after the segments are filled; pairs with the loads of readers
}

func newDirectory(seed uint64, bits uint32) *directory {
	return &directory{seed: seed, shift: 64 - bits, words: make([]atomic.Uint64, 1<<bits)}
}

func (d *directory) bits() uint32 { return 64 - d.shift }

// word returns the word for a hash.
func (d *directory) word(h hashed) segmentWord {
	// A shift by 64 is 0 in Go; so a directory of one word needs no other case.
	return segmentWord(d.words[uint64(h)>>d.shift].Load())
}

// span returns the words that a segment of h with that depth stands in.
func (d *directory) span(h hashed, depth uint32) []atomic.Uint64 {
	n := uint64(1) << (d.bits() - depth)
	first := uint64(h) >> d.shift &^ (n - 1)
	return d.words[first : first+n]
}

// set makes the words of a segment name another.
func (d *directory) set(h hashed, depth uint32, w segmentWord) {
	words := d.span(h, depth)
	for i := range words {
		words[i].Store(uint64(w))
	}
}

// doubled returns a directory with a bit more and the same segments.
func (d *directory) doubled() *directory {
	larger := newDirectory(d.seed, d.bits()+1)
	for i := range larger.words {
		larger.words[i].Store(d.words[i/2].Load())
	}
	return larger
}
