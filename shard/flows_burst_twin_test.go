package shard

import (
	"math/rand/v2"
	"testing"
)

// TestBurstTwins compares what a burst does for some lookups at once with its
// plain twins, on buckets of all kinds: with the tag once, twice, on an emptied
// place or not at all, with flows displaced and without.
func TestBurstTwins(t *testing.T) {
	const n = 200
	r := newFlowRig(t, n)
	keys := make([]Key, n)
	for i := range keys {
		keys[i] = keyOf(uint64(i))
		r.bind(&keys[i])
	}
	var fast, plain FlowLookups
	for round := range 2000 {
		first := rand.IntN(OnTheWay)
		count := 1 + rand.IntN(min(group, OnTheWay-first))
		fast.Begin(r.flows)
		fast.settled = rand.Uint64()
		for i := first; i < first+count; i++ {
			fast.Keys[i] = keys[rand.IntN(n)]
			fast.hashes[i] = fast.dir.hash(&fast.Keys[i])
		}
		for i := first; i < first+count; i++ {
			fast.buckets[i] = r.flows.dir.Load().word(fast.hashes[i]).run() + rand.Uint32N(segmentBuckets)
			r.disturb(r.flows.segments.At(fast.buckets[i]), fast.hashes[i])
		}
		plain = fast
		fast.touchAll(first, count)
		plain.touchAllPlain(first, count)
		if fast.Slots != plain.Slots || fast.settled != plain.settled {
			t.Fatalf("round %d: slots %d settled %#x, plain %d %#x", round, fast.Slots, fast.settled, plain.Slots, plain.settled)
		}
		for i := first; i < first+count; i++ {
			fast.Slots[i] = rand.Uint32N(n + 1)
			if fast.Slots[i] != 0 && rand.IntN(2) == 0 {
				fast.Keys[i] = r.flows.At(fast.Slots[i]).Key
				fast.Keys[i][rand.IntN(KeyBytes)] ^= byte(rand.IntN(2) << rand.IntN(8))
			}
		}
		plain.Slots, plain.Keys = fast.Slots, fast.Keys
		if got, want := fast.differing(first, count), plain.differingPlain(first, count); got != want {
			t.Fatalf("round %d: differing %#x, plain %#x", round, got, want)
		}
	}
}

// disturb makes a bucket one of any kind.
func (r *flowRig) disturb(l *line, h hashed) {
	for i := range l {
		e := rand.Uint64() & (slotMask | displacedMask)
		switch rand.IntN(8) {
		case 0:
			e |= uint64(h.tag()) << tagShift
		case 1:
			e = uint64(h.tag()) << tagShift // and no slot
		case 2, 3, 4:
			e = 0
		}
		l[i].Store(e)
	}
}

// TestKeyEqual flips each bit of a key.
func TestKeyEqual(t *testing.T) {
	for n := range uint64(20) {
		k := keyOf(n)
		if other := k; !k.equal(&other) {
			t.Fatalf("%x differs from itself", k)
		}
		for bit := range 8 * KeyBytes {
			other := k
			other[bit/8] ^= 1 << (bit % 8)
			if k.equal(&other) {
				t.Fatalf("%x equals %x", k, other)
			}
		}
	}
}
