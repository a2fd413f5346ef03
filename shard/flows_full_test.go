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
