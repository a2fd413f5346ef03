package shard

import "testing"

// anotherSeed is the seed of a second directory whose flows a test places.
const anotherSeed = 0x5eed5eed

// seeded gives the table the seeds that a test names, one after the other, and
// returns a function that says how many of them were drawn.
func (r *flowRig) seeded(seeds ...uint64) (drawn func() int) {
	n := 0
	r.flows.seed = func() uint64 {
		n++
		return seeds[n-1]
	}
	return func() int { return n }
}

// reseedNow asks for another seed.
func (r *flowRig) reseedNow() (ok bool) {
	r.inside(func() { ok = r.flows.reseed(r.flows.dir.Load(), 0) })
	return ok
}

// TestSeedThatSplits moves flows to a seed under which those of one bucket fit only
// in segments that are split several times, with what they leave.
func TestSeedThatSplits(t *testing.T) {
	r := newKnown(t, 4*segmentBuckets)
	var keys []Key
	for n := range uint32(2 + references) {
		keys = append(keys, craft(anotherSeed, place(uint64(n%2), 3, n, 1), 0))
	}
	r.bindAll(t, keys...)
	drawn := r.seeded(anotherSeed)
	if !r.reseedNow() || drawn() != 1 || len(r.flows.dir.Load().words) != 8 {
		t.Fatalf("%d seeds drawn, %d words", drawn(), len(r.flows.dir.Load().words))
	}
	r.mustFind(t, keys)
	r.checkFlows(t, len(keys))
	r.noneLost(t)
}

// TestSeedThatFails offers a seed under which the flows do not fit, and then, or
// not, another.
func TestSeedThatFails(t *testing.T) {
	for name, seeds := range map[string][]uint64{
		"once":   {anotherSeed, 1},
		"always": {anotherSeed, anotherSeed, anotherSeed, anotherSeed},
	} {
		r := newKnown(t, 4*segmentBuckets)
		var keys []Key
		for n := range uint64(2 + references) {
			keys = append(keys, craft(anotherSeed, place(0, 0, uint32(n), 1), n))
		}
		r.bindAll(t, keys...)
		drawn, depth := r.seeded(seeds...), r.flows.dir.Load().word(0).depth()
		if ok := r.reseedNow(); ok != (name == "once") || drawn() != len(seeds) {
			t.Errorf("%s: %v after %d seeds", name, ok, drawn())
		}
		if now := r.flows.dir.Load().word(0).depth(); name == "once" && now != depth+1 && !Invariants {
			t.Errorf("%s: depth %d, and %d before", name, now, depth)
		}
		r.mustFind(t, keys)
		r.checkFlows(t, len(keys))
		r.noneLost(t)
	}
}

// noneLost takes all segments there are: each once, and none that is in use.
func (r *flowRig) noneLost(t *testing.T) {
	t.Helper()
	r.drain(t, 2, r.flows)
	seen := make(map[uint32]bool)
	r.flows.dir.Load().runs(func(run uint32) { seen[run] = true })
	if _, u := r.flows.Usage(); u.Slots != len(seen) {
		t.Errorf("%d runs for %d segments", u.Slots, len(seen))
	}
	for run, ok := r.flows.segments.Alloc(0); ok; run, ok = r.flows.segments.Alloc(0) {
		if seen[run] {
			t.Fatalf("run %d is handed out twice", run)
		}
		seen[run] = true
	}
}

// TestSeedsWhenFull fills a table to the last slot in one section, in which nothing
// that is retired comes back, and gives it two more seeds.
func TestSeedsWhenFull(t *testing.T) {
	for _, limit := range []int{1, segmentBuckets, 9 * segmentBuckets} {
		r := newFlowRig(t, limit)
		n := 0
		r.inside(func() {
			for b := Bound; b == Bound; n++ {
				k := keyOf(uint64(n))
				b = r.flows.Bind(&k, r.id, r.socket, r.generation, 0)
			}
			for range 2 {
				if !r.flows.reseed(r.flows.dir.Load(), 0) {
					t.Errorf("limit %d: no memory for another seed", limit)
				}
			}
		})
		r.checkFlows(t, r.flows.capacity())
	}
}
