package shard

import "testing"

// capacity is how many flows a table's slab has slots for.
func (f *Flows) capacity() int { return f.slab.Chunks()*ChunkSlots - 1 }

// TestHeldTakesNoSlot binds a 5-tuple again and again that is bound already, in
// one section, in which nothing that is retired can come back.
func TestHeldTakesNoSlot(t *testing.T) {
	r := newFlowRig(t, 4)
	k := r.bindAll(t, keyOf(1))[0]
	r.inside(func() {
		for n := range 2 * r.flows.capacity() {
			if b := r.flows.Bind(&k, r.id, r.socket, r.generation, 0); b != FlowHeld {
				t.Fatalf("bound again %d times: %d", n, b)
			}
		}
	})
	if u, _ := r.flows.Usage(); u.Slots != 1 {
		t.Errorf("%d slots in use by one flow", u.Slots)
	}
}

// TestFlowsFull fills tables of any size up to their last slot, with no new seed.
func TestFlowsFull(t *testing.T) {
	for _, limit := range []int{1, segmentBuckets - 1, segmentBuckets, 9 * segmentBuckets} {
		r := newFlowRig(t, limit)
		n := uint64(0)
		b := Bound
		for ; b == Bound; n++ {
			k := keyOf(n)
			b = r.bind(&k)
		}
		if b != FlowsFull || r.flows.Bound() != r.flows.capacity() || r.flows.Reseeds() != 0 {
			t.Errorf("limit %d: outcome %d with %d of %d flows bound, after %d new seeds",
				limit, b, r.flows.Bound(), r.flows.capacity(), r.flows.Reseeds())
		}
		r.checkFlows(t, int(n-1))
		k := keyOf(0)
		r.inside(func() {
			if !r.flows.Unbind(&k, r.id, r.generation) {
				t.Error("not unbound")
			}
		})
		r.drain(t, 2, r.flows)
		r.bindAll(t, k)
		r.checkFlows(t, int(n-1))
	}
}

// TestNoSegments binds flows when there is no segment: to an empty table, to a
// full segment and to a crowded bucket. Nothing changes, and with memory it goes
// on.
func TestNoSegments(t *testing.T) {
	var full, crowded, random []Key
	for n := range uint32(2 + references) {
		crowded = append(crowded, craft(knownSeed, place(0, 0, n, 0), 0))
	}
	for n := range uint32(segmentBuckets + 1) { // evenly
		full = append(full, craft(knownSeed, place(uint64(n%2), 1, n, n%segmentBuckets), 0))
	}
	random = append(random, keyOf(1))
	for name, keys := range map[string][]Key{"empty": random, "full": full, "crowded": crowded} {
		r := newKnown(t, segmentBuckets)
		before := len(keys) - 1
		r.bindAll(t, keys[:before]...)
		d := r.flows.dir.Load()
		var hogged []uint32
		for run, ok := r.flows.segments.Alloc(0); ok; run, ok = r.flows.segments.Alloc(0) {
			hogged = append(hogged, run)
		}
		if b := r.bind(&keys[before]); b != FlowMemory {
			t.Errorf("%s: outcome %d", name, b)
		}
		if u, _ := r.flows.Usage(); r.flows.dir.Load() != d || r.flows.Reseeds() != 0 || u.Slots != before {
			t.Errorf("%s: something has changed; %d slots in use", name, u.Slots)
		}
		r.checkFlows(t, before)
		r.mustFind(t, keys[:before])
		r.flows.releaseRuns(hogged)
		r.bindAll(t, keys[before:]...)
		r.checkFlows(t, len(keys))
		r.mustFind(t, keys)
	}
}

// TestFlowsNoAllocations holds what runs in a steady state to no allocation.
func TestFlowsNoAllocations(t *testing.T) {
	r := newFlowRig(t, 4*max(segmentBuckets, Burst))
	reader := r.domain.Register("steady")
	keys, found := make([]Key, max(3*segmentBuckets, 3*Burst)), make([]Handle, 3*Burst)
	for i := range keys {
		keys[i] = keyOf(uint64(i))
	}
	r.bindAll(t, keys...)
	other := keyOf(uint64(len(keys)))
	steady := map[string]func(){
		"Find": func() {
			for i := range keys {
				r.flows.Find(&keys[i])
			}
			r.flows.Find(&other)
		},
		"FindBurst":    func() { r.flows.FindBurst(keys[:len(found)], found) },
		"Bind refused": func() { r.flows.Bind(&keys[0], r.id, r.socket, r.generation, 0) },
		"Bind and Unbind": func() {
			r.flows.Bind(&other, r.id, r.socket, r.generation, 0)
			r.flows.Unbind(&other, r.id, r.generation)
		},
		"Bind and UnbindAll": func() {
			id, s, generation := opened(t, r.sockets)
			r.flows.Bind(&other, id, s, generation, 0)
			r.sockets.Shut(s, generation, func(Entry) {})
			r.flows.UnbindAll(s)
			r.sockets.Retire(id)
		},
	}
	for name, f := range steady {
		once := func() {
			reader.Enter()
			f()
			reader.Exit()
			r.advance()
			r.flows.Collect(0)
			r.sockets.Collect(0)
		}
		for range 100 { // until what is needed has grown
			once()
		}
		if n := testing.AllocsPerRun(100, once); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}
