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
		if !r.flows.split(g, 0) {
			t.Fatal("no memory to split with")
		}
	})
}

// TestBurstAcrossSplit splits the segment of flows between the steps of a burst,
// and binds one in their place: flows that are bound throughout are found, in their
// own bucket and displaced.
func TestBurstAcrossSplit(t *testing.T) {
	for at := range 3 {
		r := newKnown(t, 4*segmentBuckets)
		var keys []Key
		for n := range uint32(1 + references) {
			keys = append(keys, craft(knownSeed, place(uint64(n%2)<<2, 3, n, 1), uint64(n)))
		}
		r.bindAll(t, keys...)
		r.inside(func() {
			var l FlowLookups
			l.Begin(r.flows, 1, false)
			for i, stage := range []func(){
				func() { l.Hash(keys, 0) },
				func() { l.Touch(keys, 0) },
				func() { l.Compare(keys, 0) },
			} {
				if i == at {
					r.splitAt(t, &keys[0])
					r.bindAll(t, craft(knownSeed, place(0, 3, 9, 1), 99), craft(knownSeed, place(4, 3, 9, 1), 99))
				}
				stage()
			}
			for i := range keys {
				if l.Sockets[i] != NewHandle(r.id, r.generation) {
					t.Errorf("split before step %d: flow %d was not found", at, i)
				}
			}
		})
		r.mustFind(t, keys)
		r.checkFlows(t, len(keys)+2)
	}
}

// TestDropAcrossSplit ends a socket whose flows another goroutine is moving: each
// is where it says, or says so anew.
func TestDropAcrossSplit(t *testing.T) {
	r := newKnown(t, 4*segmentBuckets)
	keys := r.bindAll(t, keyOf(1), keyOf(2))
	slot := r.flows.slotOf(&keys[0])
	fl := r.flows.At(slot)
	r.inside(func() {
		before := fl.bucket.Load()
		g, _ := r.flows.hold(&keys[0])
		done := make(chan bool)
		go func() { r.inside(func() { done <- r.flows.drop(slot, fl) }) }()
		g.lock.Unlock()
		r.splitAt(t, &keys[0])
		if !<-done {
			t.Error("a flow was lost")
		}
		if after := fl.bucket.Load(); after == before && after != 0 {
			t.Error("the flow has not moved")
		}
	})
	r.checkFlows(t, 1)
	r.mustFind(t, keys[1:])
}

// TestDropStale drops flows that are not where they say, and has them show a label.
func TestDropStale(t *testing.T) {
	r := newKnown(t, segmentBuckets)
	keys := r.bindAll(t, keyOf(1), keyOf(2))
	slot := r.flows.slotOf(&keys[0])
	fl, other := r.flows.At(slot), r.flows.At(r.flows.slotOf(&keys[1]))
	r.inside(func() {
		at := fl.bucket.Load()
		for what, stale := range map[string]uint32{"none": 0, "an empty one": at ^ 1, "another's": other.bucket.Load()} {
			fl.bucket.Store(stale)
			if r.flows.drop(slot, fl) || r.flows.paint(slot, ShownMark|5) {
				t.Errorf("dropped from a bucket which is %s, or painted there", what)
			}
		}
		fl.bucket.Store(at)
		if !r.flows.drop(slot, fl) {
			t.Error("not dropped")
		}
	})
	r.checkFlows(t, 1)
	r.mustFind(t, keys[1:])
}

// TestHalves splits a segment whose flows fit only if those come first that find
// their own bucket empty.
func TestHalves(t *testing.T) {
	r := newKnown(t, 4*segmentBuckets)
	var keys []Key
	for n, bucket := range []uint32{1, 2, 3, 2, 3, 3, 3, 3} {
		keys = append(keys, craft(knownSeed, place(0, 3, uint32(n+1), bucket), 0))
	}
	r.bindAll(t, keys...)
	r.splitAt(t, &keys[0])
	r.mustFind(t, keys)
	r.checkFlows(t, len(keys))
}

// TestOneSeedForTwo lets two goroutines find the same directory crowded: the
// second one must not replace what the first one has made.
func TestOneSeedForTwo(t *testing.T) {
	r := newKnown(t, segmentBuckets)
	k := r.bindAll(t, keyOf(1))[0]
	r.inside(func() {
		g, _ := r.flows.hold(&k)
		g.lock.Unlock()
		for range 2 {
			if !r.flows.reseed(g.dir, 0) {
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
	r := newKnown(t, segmentBuckets)
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
