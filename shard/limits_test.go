package shard

import (
	"math"
	"testing"
)

// A lease that was held for more than 2^31 ticks has to end like any other.
func TestHeldLong(t *testing.T) {
	for _, held := range []int64{1 << 30, 1<<31 - 10, 1<<31 + 10, 3 << 30, 1<<32 + 10} {
		ls := newLeases(newRig(), 1, 8)
		id, l := born(t, ls, 2*int64(testTick), 0)
		now := int64(0)
		for now < held*int64(testTick) { // the wheel is driven all the time
			now = min(now+int64(testTick)<<28, held*int64(testTick))
			ls.Expire(0, now, budgetOf(math.MaxInt))
		}
		ls.Drop(id, l, at(now))
		if n, _ := ls.Expire(0, now+int64(testTick), budgetOf(math.MaxInt)); n != 0 {
			t.Errorf("held %d ticks: early", held)
		}
		if n, _ := ls.Expire(0, now+3*int64(testTick), budgetOf(math.MaxInt)); n != 1 {
			next, _ := ls.Next(0, now)
			t.Errorf("held %d ticks: still there a tick after its linger; next deadline in %d ticks", held, (next-now)/int64(testTick))
		}
	}
}

// A label that is free throughout has to be found, whoever else is at work in its page.
func TestNextFreeBesideCreator(t *testing.T) {
	r := newRig()
	x := NewIndex(NewPages(r.domain, r.arena, 1, 8, nil))
	for label := uint32(pageCells); label < 2*pageCells-1; label++ {
		claim(t, x, label, 1)
	}
	p := x.pages.slab.At(x.root[1].Load())
	p.enter() // a creator that will find its label taken
	if label, ok := x.NextFree(pageCells, 2*pageCells); !ok || label != 2*pageCells-1 {
		t.Errorf("free: %#x, %v", label, ok)
	}
}
