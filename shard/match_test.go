package shard

import (
	"math/rand/v2"
	"testing"
)

// TestTagged compares the tags that a lookup sees with those that were put.
func TestTagged(t *testing.T) {
	tags := [...]uint32{0, 1, 1 << 31, 1<<32 - 1}
	for range 10_000 {
		var l line
		tag, want := tags[rand.IntN(len(tags))], uint32(0)
		for i := range l {
			e := uint64(tags[rand.IntN(len(tags))])<<tagShift | uint64(rand.Uint32())
			l[i].Store(e)
			if uint32(e>>tagShift) == tag {
				want |= 1 << i
			}
		}
		if got := l.tagged(tag); got != want {
			t.Fatalf("tag %#x in %#x: %#b, want %#b", tag, entriesOf(&l), got, want)
		}
	}
}

// TestMatch compares match with its plain twin and with what is there: buckets
// have the tag in any places, with and without a slot, and the key in some.
func TestMatch(t *testing.T) {
	const n = 40
	r := newFlowRig(t, n)
	for i := range n {
		k := keyOf(uint64(i))
		r.bind(&k)
	}
	for range 20_000 {
		var l line
		h, k := hashed(rand.Uint64()), r.flows.At(1+rand.Uint32N(n)).Key
		k[rand.IntN(KeyBytes)] ^= byte(rand.IntN(2) << rand.IntN(8))
		want := uint32(0)
		for i := range l {
			slot := rand.Uint32N(n + 1)
			e := rand.Uint64()<<tagShift | uint64(slot) | rand.Uint64()&displacedMask
			if rand.IntN(3) == 0 {
				e = h.entry(slot) | e&displacedMask
				if want == 0 && slot != 0 && r.flows.At(slot).Key == k {
					want = slot
				}
			}
			l[i].Store(e)
		}
		if got, plain := r.flows.match(&l, h, &k), r.flows.matchPlain(&l, h, &k); got != want || plain != want {
			t.Fatalf("slot %d, plain %d, want %d", got, plain, want)
		}
	}
}
