package shard

import "testing"

// knownSeed is the seed of tables whose flows a test places.
const knownSeed = 0x5eed

// newKnown returns a table whose seeds the test knows: the one given for the
// first directory, then random ones.
func newKnown(t testing.TB, limit int) *flowRig {
	r := newFlowRig(t, limit)
	random := r.flows.seed
	r.flows.seed = func() uint64 {
		r.flows.seed = random
		return knownSeed
	}
	return r
}

// bindAll makes flows of keys and returns them.
func (r *flowRig) bindAll(t testing.TB, keys ...Key) []Key {
	t.Helper()
	for i := range keys {
		if b := r.bind(&keys[i]); b != Bound {
			t.Fatalf("flow %d of %d: %d", i, len(keys), b)
		}
	}
	return keys
}

// splitAt splits the segment of a key, however few flows it has.
func (r *flowRig) splitAt(t testing.TB, k *Key) {
	t.Helper()
	r.inside(func() {
		g, ok := r.flows.hold(k)
		if !ok {
			t.Fatal("no segment")
		}
		g.lock.Unlock()
		if s := r.flows.split(g, 0); s != splitDone {
			t.Fatalf("split: %d", s)
		}
	})
}

// TestBurstAcrossSplit splits a segment between the steps of a burst: a flow that
// stood in the second bucket of its window stands in the first one of the new
// segment, and must be found there.
func TestBurstAcrossSplit(t *testing.T) {
	r := newKnown(t, 64*flowsPerSplit)
	var neighbours []Key
	for tag := range uint32(lineEntries) {
		neighbours = append(neighbours, craft(knownSeed, place(0b10, 2, tag, 1), 0))
	}
	late := craft(knownSeed, place(0b11, 2, 99, 1), 0)
	r.bindAll(t, append(neighbours, late)...)
	lower := craft(knownSeed, place(0, 2, 1, 1), 0)
	r.splitAt(t, &late)
	r.splitAt(t, &lower) // so that the next one makes no other directory
	r.inside(func() {
		d := r.flows.dir.Load()
		h := d.hash(&late)
		l := segment(r.flows.segments.Run(d.word(h).run())).at(h, 0)
		r.splitAt(t, &late)
		if r.flows.dir.Load() != d {
			t.Fatal("the directory is another")
		}
		if slot := r.flows.again(d, h, l, &late); slot == 0 {
			t.Error("a flow that is bound throughout was not found")
		}
	})
}

// TestOneSeedForTwo lets two goroutines find the same directory crowded: the
// second one must not replace what the first one has made.
func TestOneSeedForTwo(t *testing.T) {
	r := newKnown(t, flowsPerSplit)
	k := r.bindAll(t, keyOf(1))[0]
	r.inside(func() {
		g, _ := r.flows.hold(&k)
		g.lock.Unlock()
		for range 2 {
			if !r.flows.grow(g, roomFlood, 0) {
				t.Error("no memory")
			}
		}
	})
	if n := r.flows.Reseeds(); n != 1 {
		t.Errorf("%d new seeds", n)
	}
	r.checkFlows(t, 1)
}

// TestSeedWithoutLock has a source of seeds that uses the table itself.
func TestSeedWithoutLock(t *testing.T) {
	r := newKnown(t, flowsPerSplit)
	r.flows.seed = func() uint64 {
		if !r.flows.mu.TryLock() {
			t.Error("the source of seeds is called under a lock")
			return 1
		}
		r.flows.mu.Unlock()
		return knownSeed
	}
	r.bindAll(t, keyOf(1))
}
