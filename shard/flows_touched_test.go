//go:build invariants

package shard

import "testing"

// TestHoldsWhileChanging gives a bucket to another flow while a lookup stands
// between its key and its handle.
func TestHoldsWhileChanging(t *testing.T) {
	r := newKnown(t, segmentBuckets)
	other, slot, generation := opened(t, r.sockets)
	mine := r.bindAll(t, craft(knownSeed, place(0, 0, 1, 1), 0))[0]
	theirs := craft(knownSeed, place(0, 0, 1, 1), 1)
	defer func() { Touched = nil }()
	r.inside(func() {
		Touched = func() {
			Touched = nil
			r.flows.Unbind(&mine, r.id, r.generation)
			if b := r.flows.Bind(&theirs, other, slot, generation, 0); b != Bound {
				t.Errorf("outcome %d", b)
			}
		}
		if s := r.flows.findPlain(&mine, mine.namespace()); s != 0 {
			t.Errorf("found socket %#x, of another flow or of one that has ended", s)
		}
		if Touched != nil {
			t.Error("nothing has changed meanwhile")
		}
	})
}
