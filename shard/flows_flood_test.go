package shard

import (
	"math/rand/v2"
	"testing"
)

// probe is Find's way, counted: the buckets that it looks at. It does not stop at
// a match, so it counts what the dearest lookup with the key's hash does.
func (f *Flows) probe(k *Key) (buckets int) {
	d := f.dir.Load()
	h := d.hash(k)
	own := &f.segments.Run(d.word(h).run())[h.bucket()]
	buckets = 1
	for r := own[displacedWord].Load(); r != 0; r >>= referenceBits {
		if (uint64(h)^r)&printMask == 0 && r&wayMask != 0 {
			buckets++
		}
	}
	return buckets
}

// mustFind finds keys, alone and in a burst, and returns the most buckets that one
// of their lookups takes.
func (r *flowRig) mustFind(t testing.TB, keys []Key) (buckets int) {
	t.Helper()
	found := make([]Handle, len(keys))
	r.inside(func() {
		r.flows.FindBurst(keys, found)
		for i := range keys {
			if s := r.flows.Find(&keys[i]); s != NewHandle(r.id, r.generation) || s != found[i] {
				t.Fatalf("flow %d: socket %#x, in a burst %#x", i, s, found[i])
			}
			buckets = max(buckets, r.flows.probe(&keys[i]))
		}
	})
	if buckets > 1+references {
		t.Fatalf("a lookup takes %d buckets", buckets)
	}
	return buckets
}

// TestFloodOfBucket binds flows of one bucket, as many as it may have and one more,
// which brings a new seed: flows of one print, of different prints, and with a
// displaced flow in the bucket. Where segments are so small that any may be split,
// that comes first, as often as the directory may grow.
func TestFloodOfBucket(t *testing.T) {
	for name, c := range map[string]struct {
		displaced int // flows of others in the bucket
		prints    uint32
		most      int // flows of the bucket
	}{"one print": {0, 1, 1 + samePrints}, "prints": {0, 9, 1 + references}, "taken": {1, 9, references}} {
		r := newKnown(t, segmentBuckets)
		var keys []Key
		for n := range 2 * c.displaced { // the second is displaced to the next bucket
			keys = append(keys, craft(knownSeed, place(0, 0, 1, 6), uint64(n)))
		}
		for n := range c.most {
			keys = append(keys, craft(knownSeed, place(0, 0, uint32(n)%c.prints, 7), uint64(n)))
		}
		r.bindAll(t, keys...)
		r.checkFlows(t, len(keys))
		buckets := r.mustFind(t, keys)
		if r.flows.Reseeds() != 0 || c.prints == 1 && buckets != 1+samePrints {
			t.Errorf("%s: %d buckets, %d new seeds before there were too many", name, buckets, r.flows.Reseeds())
		}
		keys = append(keys, r.bindAll(t, craft(knownSeed, place(0, 0, 8%c.prints, 7), 99))...)
		r.mustFind(t, keys)
		r.checkFlows(t, len(keys))
		if Invariants && c.displaced > 0 {
			continue // in half a segment the bucket was theirs
		}
		if r.flows.Reseeds() != 1 || r.flows.dir.Load().seed == knownSeed {
			t.Errorf("%s: %d new seeds", name, r.flows.Reseeds())
		}
		if _, u := r.flows.Usage(); u.Slots != 2 && !Invariants {
			t.Errorf("%s: %d segments, want the old and the new one", name, u.Slots)
		}
	}
}

// TestReference binds a flow in the place of a displaced one that has gone, again
// and again, and ends the flow of the bucket itself.
func TestReference(t *testing.T) {
	r := newKnown(t, segmentBuckets)
	var keys []Key
	for n := range uint32(1 + references) {
		keys = append(keys, craft(knownSeed, place(0, 0, n, 1), 0))
	}
	r.bindAll(t, keys...)
	for round := range uint32(20) {
		old := &keys[rand.IntN(len(keys))]
		r.inside(func() {
			if !r.flows.Unbind(old, r.id, r.generation) || r.flows.Find(old) != 0 {
				t.Fatal("not unbound")
			}
		})
		*old = r.bindAll(t, craft(knownSeed, place(0, 0, 100+round, 1), 0))[0]
		r.mustFind(t, keys)
		r.checkFlows(t, len(keys))
	}
	if r.flows.Reseeds() != 0 {
		t.Errorf("%d new seeds", r.flows.Reseeds())
	}
}

// TestPrintZero binds flows whose print is 0 beside references that are not used.
func TestPrintZero(t *testing.T) {
	r := newKnown(t, segmentBuckets)
	var keys []Key
	for _, print := range []uint32{1, 2, 3, 4} {
		keys = append(keys, craft(knownSeed, place(0, 0, print, 1), 0))
	}
	r.bindAll(t, keys...)
	r.inside(func() {
		r.flows.Unbind(&keys[1], r.id, r.generation)
		r.flows.Unbind(&keys[2], r.id, r.generation)
	})
	keys = []Key{keys[0], keys[3], craft(knownSeed, place(0, 0, 1<<(referenceBits-wayBits), 1), 0)}
	r.bindAll(t, keys[2])
	r.mustFind(t, keys)
	r.checkFlows(t, len(keys))
	if r.flows.Reseeds() != 0 {
		t.Errorf("%d new seeds", r.flows.Reseeds())
	}
}

// TestGrowth takes a table to 200,000 random flows and back. It grows by splits
// alone.
func TestGrowth(t *testing.T) {
	const n = 200_000
	r := newFlowRig(t, n)
	keys := make([]Key, n)
	for i := range keys {
		keys[i] = keyOf(uint64(i))
	}
	r.bindAll(t, keys...)
	r.checkFlows(t, n)
	buckets := r.mustFind(t, keys)
	r.drain(t, 2, r.flows)
	_, segments := r.flows.Usage()
	t.Logf("at most %d buckets a lookup; %d segments, full by %d %%; %d words",
		buckets, segments.Slots, 100*n/(segments.Slots*segmentBuckets), len(r.flows.dir.Load().words))
	if r.flows.Reseeds() != 0 {
		t.Errorf("%d new seeds", r.flows.Reseeds())
	}
	r.inside(func() {
		if !r.flows.reseed(r.flows.dir.Load(), 0) {
			t.Fatal("no memory for another seed")
		}
	})
	r.mustFind(t, keys)
	r.checkFlows(t, n)
	if r.flows.Reseeds() != 1 {
		t.Errorf("%d new seeds", r.flows.Reseeds())
	}
	r.inside(func() {
		for i := range keys {
			if !r.flows.Unbind(&keys[i], r.id, r.generation) {
				t.Fatalf("flow %d is not unbound", i)
			}
		}
	})
	r.checkFlows(t, 0)
}

// TestSeedThatIsNotRandom floods tables whose seed never changes: bind gives up,
// and nothing has changed.
func TestSeedThatIsNotRandom(t *testing.T) {
	floods := map[string]func(n uint64) hashed{
		"one hash":   func(uint64) hashed { return place(0, 0, 7, 1) },
		"one bucket": func(n uint64) hashed { return place(0, 0, uint32(n), 1) },
	}
	for name, flood := range floods {
		r := newKnown(t, segmentBuckets)
		r.flows.seed = func() uint64 { return knownSeed }
		var keys []Key
		b := Bound
		for n := uint64(0); b == Bound && n <= references+1; n++ {
			k := craft(knownSeed, flood(n), n)
			if b = r.bind(&k); b == Bound {
				keys = append(keys, k)
			}
		}
		if b != FlowMemory {
			t.Errorf("%s: outcome %d", name, b)
		}
		r.checkFlows(t, len(keys))
		r.mustFind(t, keys)
		r.drain(t, 2, r.flows)
		if u, _ := r.flows.Usage(); u.Slots != len(keys) {
			t.Errorf("%s: %d slots in use by %d flows", name, u.Slots, len(keys))
		}
		r.bindAll(t, keyOf(1)) // others go on
	}
}

// BenchmarkFlowFlood compares lookups among random flows with those in a table of
// the same shape where as many flows as may have one hash, in buckets of each
// segment, crafted with the seed known: the flow that is found last, and a miss.
func BenchmarkFlowFlood(b *testing.B) {
	const grown = 1 << 17
	shape := func() *flowRig {
		r := newKnown(b, grown)
		keys := make([]Key, grown)
		for i := range keys {
			keys[i] = keyOf(uint64(i))
		}
		r.bindAll(b, keys...)
		r.inside(func() {
			for i := range keys {
				r.flows.Unbind(&keys[i], r.id, r.generation)
			}
		})
		r.drain(b, 2, r.flows)
		return r
	}
	flooded, normal := shape(), shape()
	var last, missing, random []Key
	d := flooded.flows.dir.Load()
	top := uint64(0)
	d.runs(func(uint32) {
		w := d.word(hashed(top << (d.shift & 63)))
		for bucket := range uint32(8) {
			var k Key
			for n := range uint64(1 + samePrints) {
				k = craft(knownSeed, place(top, d.bits(), 9, 8*bucket), n)
				flooded.bindAll(b, k)
			}
			last = append(last, k)
			missing = append(missing, craft(knownSeed, place(top, d.bits(), 9, 8*bucket), 99))
		}
		top += 1 << (d.bits() - w.depth())
	})
	for i := range (1 + samePrints) * len(last) {
		random = append(random, keyOf(uint64(i)+grown))
	}
	normal.bindAll(b, random...)
	b.Logf("%d and %d flows in %d words, %d and %d new seeds", flooded.flows.Bound(), normal.flows.Bound(),
		len(d.words), flooded.flows.Reseeds(), normal.flows.Reseeds())
	find := func(name string, r *flowRig, keys []Key) {
		rand.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
		b.Run(name, func(b *testing.B) {
			r.inside(func() {
				for i := 0; b.Loop(); i++ {
					r.flows.Find(&keys[i%len(keys)])
				}
			})
		})
	}
	find("normal", normal, random[:len(last)])
	find("flooded", flooded, last)
	find("flooded, missing", flooded, missing)
}
