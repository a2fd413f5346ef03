package shard

import (
	"sync/atomic"

	"github.com/zeebo/xxh3"
)

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
	mixer                 // of the seed
	seed  uint64          // of the hash; secret, and another one in each new directory but a larger one
	shift uint32          // 64 - bits; below 64, so that a processor shifts by it at once
	words []atomic.Uint64 // stored under Flows.mu after the segments are filled; pairs with the loads of readers
}

// newDirectory returns an empty directory of so many bits, but one at least.
func newDirectory(seed uint64, bits uint32) *directory {
	bits = max(bits, 1)
	return &directory{mixer: newMixer(seed), seed: seed, shift: 64 - bits, words: make([]atomic.Uint64, 1<<bits)}
}

func (d *directory) bits() uint32 { return 64 - d.shift }

// word returns the word for a hash.
func (d *directory) word(h hashed) segmentWord {
	return segmentWord(d.words[uint64(h)>>(d.shift&63)].Load())
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

// halved returns the directory in which two runs stand for the segment of h with
// that depth: d itself, or one with a bit more if d can tell no halves apart.
func (d *directory) halved(h hashed, depth uint32, runs [2]uint32) *directory {
	if depth++; depth > d.bits() {
		d = d.doubled()
	}
	top := hashed(1) << (64 - depth) // the bit that tells the halves apart
	d.set(h&^top, depth, newSegmentWord(runs[0], depth))
	d.set(h|top, depth, newSegmentWord(runs[1], depth))
	return d
}

// doubled returns a directory with a bit more and the same segments.
func (d *directory) doubled() *directory {
	larger := newDirectory(d.seed, d.bits()+1)
	for i := range larger.words {
		larger.words[i].Store(d.words[i/2].Load())
	}
	return larger
}

// hash returns the hash of a key. It is XXH3 in 64 bits, which is keyed.
func (d *directory) hash(k *Key) hashed { return hashed(xxh3.HashSeed(k[:], d.seed)) }

// runs calls do for the run of each segment.
func (d *directory) runs(do func(run uint32)) {
	for i := 0; i < len(d.words); {
		w := segmentWord(d.words[i].Load())
		do(w.run())
		i += 1 << (d.bits() - w.depth())
	}
}
