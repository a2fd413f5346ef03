package shard

import (
	"math/bits"
	"math/rand/v2"
	"testing"
)

// TestFlowTwins compares what lookups do in assembly with its plain twins, on a
// segment in which buckets of all kinds stand side by side: with a reference of the
// right print, with several, with none; with the key,
// or with one that differs in a bit; by keys of the namespace and of others.
func TestFlowTwins(t *testing.T) {
	r := newFlowRig(t, segmentBuckets)
	keys := make([]Key, 20)
	for i := range keys {
		keys[i] = keyOf(uint64(i))
	}
	r.bindAll(t, keys...)
	var fast, plain FlowLookups
	var asked [OnTheWay]Key
	in, found := keys[0].namespace(), 0
	for round := range 4000 {
		first := rand.IntN(OnTheWay)
		count := 1 + rand.IntN(min(group, OnTheWay-first))
		fast.Begin(r.flows, either(in, rand.Uint32()>>8), round%2 == 0)
		for i := first; i < first+count; i++ {
			fast.Asked[i] = either(0, ShownMark|rand.Uint32N(LabelSpace))
			asked[i].Set(&keys[rand.IntN(len(keys))], either(fast.namespace, 0))
		}
		row := asked[first:][:count]
		plain = fast
		fast.hash(row, first)
		plain.hashPlain(row, first)
		if fast != plain {
			t.Fatalf("round %d: hashes %#x, plain %#x", round, fast.hashes, plain.hashes)
		}
		for i := first; i < first+count; i++ {
			var k Key
			k.Set(&asked[i], fast.namespace)
			r.disturb(fast.buckets[i], fast.hashes[i], &k, fast.Asked[i])
		}
		for i := first; i < first+count; i++ {
			k := &asked[i]
			if got, want := r.flows.FindIn(k, fast.namespace), r.flows.findPlain(k, fast.namespace); got != want {
				t.Fatalf("round %d: found %#x, plain %#x", round, got, want)
			}
		}
		others, shown := fast.touch(row, first)
		want, wantShown := plain.touchPlain(row, first)
		if others != want || shown != wantShown || fast != plain {
			t.Fatalf("round %d: touched: others %#x, shown %#x, plain %#x %#x:\n%v\n%v", round, others, shown, want, wantShown, fast, plain)
		}
		found += bits.OnesCount64(shown)
		others, shown = fast.compare(row, first, want)
		want, wantShown = plain.comparePlain(row, first, want)
		if others != want || shown != wantShown || fast != plain {
			t.Fatalf("round %d: others %#x, shown %#x, sockets %#x, plain %#x %#x %#x",
				round, others, shown, fast.Sockets, want, wantShown, plain.Sockets)
		}
		found += bits.OnesCount64(shown)
	}
	if found == 0 {
		t.Error("no flow shows what is asked for")
	}
}

func either(a, b uint32) uint32 {
	if rand.IntN(2) == 0 {
		return a
	}
	return b
}

// disturb makes the own bucket of a key, and others in the segment, some of any kind.
func (r *flowRig) disturb(own uint32, h hashed, k *Key, asked uint32) {
	l := r.flows.segments.At(own)
	displaced := uint64(0)
	for i := range references {
		one := rand.Uint64()&printMask | rand.Uint64N(segmentBuckets)
		switch rand.IntN(3) {
		case 0:
			one = uint64(h)&printMask | one&wayMask
		case 1:
			one = 0
		}
		displaced |= one << (i * referenceBits)
		r.fill(r.flows.segments.At(own^uint32(one&wayMask)), h, k, asked)
	}
	r.fill(l, h, k, asked)
	l[displacedWord].Store(displaced)
}

// fill puts a flow of any kind into a bucket.
func (r *flowRig) fill(l *line, h hashed, k *Key, asked uint32) {
	other := *k
	if rand.IntN(2) == 0 {
		other[rand.IntN(KeyBytes)] ^= 1 << rand.IntN(8)
	}
	w := newFlowWords(1+rand.Uint32N(9), either(asked, rand.Uint32()&shownMask), &other, Handle(1+rand.Uint64N(99)))
	switch rand.IntN(5) {
	case 0:
		w[entryWord] ^= 1 << (shownShift + rand.IntN(32))
	case 2:
		w[entryWord] &^= slotMask
	case 1:
		w[entryWord] = 0
	}
	for i := range w {
		l[i].Store(w[i])
	}
}

// TestHolds flips each bit of a key.
func TestHolds(t *testing.T) {
	for n := range uint64(20) {
		k := keyOf(n)
		var l line
		for i, w := range newFlowWords(1, ShownMark|5, &k, 7) {
			l[i].Store(w)
		}
		if s, shown := l.holds(&k); s != 7 || shown != ShownMark|5 {
			t.Fatalf("%x is not found", k)
		}
		for bit := range 8 * KeyBytes {
			other := k
			other[bit/8] ^= 1 << (bit % 8)
			if s, shown := l.holds(&other); s != 0 || shown != 0 {
				t.Fatalf("%x is taken for %x", other, k)
			}
		}
		l[entryWord].Store(0)
		if s, _ := l.holds(&k); s != 0 {
			t.Fatal("an empty bucket holds a key")
		}
	}
}

// TestFindIn looks for flows by keys of the namespace, and of none.
func TestFindIn(t *testing.T) {
	r := newFlowRig(t, 16)
	in := keyOf(1) // namespace 1
	r.bindAll(t, in)
	const most = 1<<24 - 1
	r.inside(func() {
		for _, ns := range []uint32{0, 1, 2, 9, most, most + 1, most + 2} {
			for _, of := range []uint32{0, ns} {
				var k Key
				k.Set(&in, of)
				found, plain := r.flows.FindIn(&k, ns), r.flows.findPlain(&k, ns)
				if found != plain || (found != 0) != (ns&most == 1) {
					t.Errorf("by a key of namespace %d in %d: %#x, plain %#x", of, ns, found, plain)
				}
			}
		}
	})
}
