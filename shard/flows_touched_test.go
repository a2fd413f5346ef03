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

// TestMovedMeanwhile splits the segment of a flow after somebody has read where the flow
// stands: who has something shown there, and who ends it.
func TestMovedMeanwhile(t *testing.T) {
	r := newKnown(t, 4*segmentBuckets)
	mine := r.bindAll(t, craft(knownSeed, place(0, 0, 1, 1), 0))[0]
	defer func() { Touched = nil }()
	splitting := func(what string, do func()) {
		r.inside(func() {
			depth := r.flows.dir.Load().word(0).depth()
			Touched = func() {
				Touched = nil
				r.flows.splitAny(&mine)
			}
			do()
			if r.flows.dir.Load().word(0).depth() != depth+1 {
				t.Fatalf("%s: nothing has moved meanwhile", what)
			}
		})
	}
	slot := r.flows.slotOf(&mine)
	splitting("show", func() {
		r.socket.own[0].Store(uint64(NewEntry(1, 5, false)))
		r.flows.show(r.socket)
	})
	r.checkFlows(t, 1)
	splitting("hide", func() {
		r.flows.hide(r.socket)
		r.socket.own[0].Store(0)
	})
	r.checkFlows(t, 1)
	splitting("drop", func() {
		if !r.flows.drop(slot, r.flows.At(slot)) {
			t.Error("a flow that has moved is not ended")
		}
	})
	r.checkFlows(t, 0)
}
