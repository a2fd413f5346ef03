package shard

import "testing"

// capacity is how many flows a table's slab has slots for.
func (f *Flows) capacity() int { return len(f.slab.dir)*ChunkSlots - 1 }

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
	for _, limit := range []int{1, flowsPerSplit - 1, flowsPerSplit, 9 * flowsPerSplit} {
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
