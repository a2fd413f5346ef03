package shard

import (
	"math/rand/v2"
	"testing"
)

// probe is Find's way, counted: the buckets that it looks at and the keys that it
// compares, the one that matches included. It does not stop at a match, so it
// counts what the dearest lookup of the window does.
func (f *Flows) probe(k *Key) (buckets, compared int) {
	d := f.dir.Load()
	h := d.hash(k)
	g := segment(f.segments.Run(d.word(h).run()))
	for n := range uint32(window) {
		l := g.at(h, n)
		buckets++
		for _, e := range entriesOf(l) {
			if uint32(e>>tagShift) == h.tag() {
				compared++
			}
		}
		if !l.more() {
			break
		}
	}
	return buckets, compared
}

// mustFind finds keys, alone and in a burst, and returns the most that one of
// their lookups takes.
func (r *flowRig) mustFind(t testing.TB, keys []Key) (buckets, compared int) {
	t.Helper()
	found := make([]uint32, len(keys))
	r.inside(func() {
		r.flows.FindBurst(keys, found)
		for i := range keys {
			slot := r.flows.Find(&keys[i])
			if slot == 0 || slot != found[i] || r.flows.At(slot).Key != keys[i] {
				t.Fatalf("flow %d: slot %d, in a burst %d", i, slot, found[i])
			}
			b, c := r.flows.probe(&keys[i])
			buckets, compared = max(buckets, b), max(compared, c)
		}
	})
	if buckets > window || compared > sameTags {
		t.Fatalf("a lookup takes %d buckets and compares %d keys", buckets, compared)
	}
	return buckets, compared
}

// TestFloodOfTags binds flows with one tag, as many as may be and one more, which
// brings a new seed: in one bucket, and in several of one window. In the last
// case the one more does not get into its own bucket, but in a window with the
// others.
func TestFloodOfTags(t *testing.T) {
	const tag = 1 << 20
	for _, c := range []struct {
		buckets []uint32
		full    uint32 // that many buckets from 0 on are full before
	}{{[]uint32{1, 1, 1}, 0}, {[]uint32{0, 0, 3}, 0}, {[]uint32{3, 3, 0}, 0}, {[]uint32{0, 3, 2}, 0}, {[]uint32{4, 5, 0}, 3}} {
		r := newKnown(t, 64*flowsPerSplit)
		var keys []Key
		for n := range c.full * lineEntries {
			keys = append(keys, craft(knownSeed, place(0, 0, n, n/lineEntries), 0))
		}
		for n, bucket := range c.buckets {
			keys = append(keys, craft(knownSeed, place(0, 0, tag, bucket), uint64(n)))
		}
		before := len(keys) - 1
		r.bindAll(t, keys[:before]...)
		if _, compared := r.mustFind(t, keys[:before]); r.flows.Reseeds() != 0 || compared == 0 {
			t.Errorf("%v: %d new seeds, %d keys compared before there were too many", c, r.flows.Reseeds(), compared)
		}
		r.checkFlows(t, before)
		r.bindAll(t, keys[before:]...)
		r.mustFind(t, keys)
		r.checkFlows(t, len(keys))
		if r.flows.Reseeds() != 1 || r.flows.dir.Load().seed == knownSeed {
			t.Errorf("%v: %d new seeds", c, r.flows.Reseeds())
		}
	}
}

// TestFloodOfWindow fills a window in a segment that is nearly empty; the flow
// for which there is no place brings a new seed. Where a segment is no larger
// than a window, it is first split as often as the directory may grow.
func TestFloodOfWindow(t *testing.T) {
	const full = window * lineEntries
	r := newKnown(t, 64*flowsPerSplit)
	var keys []Key
	for tag := range uint32(full + 1) {
		keys = append(keys, craft(knownSeed, place(0, 0, tag, segmentMask), 0))
	}
	r.bindAll(t, keys[:full]...)
	if buckets, _ := r.mustFind(t, keys[:full]); r.flows.Reseeds() != 0 || buckets != window {
		t.Errorf("%d new seeds, %d buckets before the window was full", r.flows.Reseeds(), buckets)
	}
	r.checkFlows(t, full)
	r.bindAll(t, keys[full:]...)
	r.mustFind(t, keys)
	r.checkFlows(t, len(keys))
	if r.flows.Reseeds() != 1 || r.flows.dir.Load().seed == knownSeed {
		t.Errorf("%d new seeds", r.flows.Reseeds())
	}
	if _, u := r.flows.Usage(); u.Slots != 2 && !Invariants {
		t.Errorf("%d segments, want the old and the new one", u.Slots)
	}
}

// TestLastPlace binds a flow to the place that has its bucket's count, while that
// is not 0.
func TestLastPlace(t *testing.T) {
	r := newKnown(t, 64*flowsPerSplit)
	var keys []Key
	for tag := range uint32(lineEntries + 2) {
		keys = append(keys, craft(knownSeed, place(0, 0, tag, 1), 0))
	}
	last := len(keys) - 1
	r.bindAll(t, keys[:last]...)
	r.inside(func() { r.flows.Unbind(&keys[lastPlace], r.id, r.generation) })
	r.bindAll(t, keys[last:]...)
	r.mustFind(t, append(keys[:lastPlace:lastPlace], keys[lastPlace+1:]...))
	r.checkFlows(t, last)
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
	buckets, compared := r.mustFind(t, keys)
	r.drain(t, 2, r.flows)
	_, segments := r.flows.Usage()
	t.Logf("at most %d buckets and %d keys a lookup; %d segments, full by %d %%",
		buckets, compared, segments.Slots, 100*n/(segments.Slots*segmentFlows))
	if r.flows.Reseeds() != 0 {
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
	const full = window * lineEntries
	floods := map[string]func(n uint64) hashed{
		"one hash":   func(uint64) hashed { return place(0, 0, 7, 1) },
		"one window": func(n uint64) hashed { return place(0, 0, uint32(n), 1) },
	}
	for name, flood := range floods {
		r := newKnown(t, 64*flowsPerSplit)
		r.flows.seed = func() uint64 { return knownSeed }
		var keys []Key
		b := Bound
		for n := uint64(0); b == Bound && n <= full; n++ {
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
// the same shape where every window is full and every tag stands twice, crafted
// with the seed known: flows in the last bucket that a lookup looks at, and
// misses.
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
		for n := range uint32(window * lineEntries) {
			k := craft(knownSeed, place(top, d.bits(), n/sameTags, 5), uint64(n))
			flooded.bindAll(b, k)
			if n >= (window-1)*lineEntries {
				last = append(last, k)
				missing = append(missing, craft(knownSeed, place(top, d.bits(), n/sameTags, 5), uint64(n)+1<<32))
			}
		}
		top += 1 << (d.bits() - w.depth())
	})
	for i := range window * len(last) {
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
