package shard

import (
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/flowlabel/flowlabel/rcu"
)

// modeOf is the share mode of the lease in a slot, and cellOf what its cell holds.
func modeOf(slot uint32) uint8  { return [...]uint8{255, 1, 2, 3}[slot%4] }
func cellOf(slot uint32) uint32 { return NewCell(slot, modeOf(slot)) }

// claim expects to write slot into an empty cell.
func claim(t testing.TB, x *Index, label, slot uint32) {
	t.Helper()
	if holds, ok := x.Claim(label, 0, cellOf(slot), 0); !ok || holds != slot {
		t.Fatalf("claim of label %#x: it holds %d, %v", label, holds, ok)
	}
}

// TestIndexExhausted leases the whole label space, and then one after another
// takes it back: NextFree and Next end in the only answer, or in none.
func TestIndexExhausted(t *testing.T) {
	r := newRig()
	p := NewPages(r.domain, r.arena, 1, rootCells, nil)
	x := NewIndex(p)
	r.inside(func() {
		for label := uint32(1); label < LabelSpace; label++ {
			claim(t, x, label, label)
		}
		if label, ok := x.NextFree(1, LabelSpace); ok {
			t.Fatalf("label %#x is free in a full index", label)
		}
		for _, label := range []uint32{1, pageCells - 1, pageCells, LabelSpace / 2, LabelSpace - 1} {
			if !x.Clear(label, label) || x.Clear(label, label) {
				t.Fatalf("label %#x is not cleared once", label)
			}
			for _, from := range []uint32{1, label - min(label-1, 3*pageCells), label} {
				if free, ok := x.NextFree(from, LabelSpace); !ok || free != label {
					t.Fatalf("from %#x: %#x, %v is free; want %#x", from, free, ok, label)
				}
			}
			if free, ok := x.NextFree(label+1, LabelSpace); ok {
				t.Fatalf("%#x is free behind %#x", free, label)
			}
			if free, ok := x.NextFree(1, label); ok {
				t.Fatalf("%#x is free before %#x", free, label)
			}
			claim(t, x, label, label)
		}
		for label := uint32(1); label < LabelSpace; label++ {
			if label%4099 == 0 { // the walk over what is empty by now is long
				if next, slot, ok := x.Next(1); !ok || next != label || slot != label {
					t.Fatalf("the first label is %#x with slot %d, %v; want %#x", next, slot, ok, label)
				}
			}
			if !x.Clear(label, label) {
				t.Fatalf("label %#x is not cleared", label)
			}
		}
	})
	r.drain(t, 1, p)
	if u := p.Usage(); u.Slots != 0 {
		t.Fatalf("%d pages in use by an empty index", u.Slots)
	}
}

// TestIndexNoPages claims a label when there is no page for it: nothing changes,
// and claims in the pages that there are go on.
func TestIndexNoPages(t *testing.T) {
	r := newRig()
	p := NewPages(r.domain, r.arena, 1, 1, nil)
	x := NewIndex(p)
	pages := uint32(0)
	r.inside(func() {
		for ; pages < rootCells; pages++ {
			if _, ok := x.Claim(pages*pageCells+1, 0, 7, 0); !ok {
				break
			}
		}
		if u := p.Usage(); pages == rootCells || int(pages) != u.Slots {
			t.Fatalf("%d pages made, %d in use", pages, u.Slots)
		}
		if got := x.Lookup(pages*pageCells + 1); got != 0 {
			t.Fatalf("the refused claim left %d", got)
		}
		claim(t, x, 2, 8)
		x.Clear(1, 7)
		x.Clear(2, 8) // the first page is empty and retired now
	})
	r.drain(t, 1, p)
	r.inside(func() { claim(t, x, pages*pageCells+1, 9) })
}

// TestIndexGivesBack cycles a long-lived index through 100,000 random labels,
// a few at a time. It uses pages for those few only, and for what waits.
func TestIndexGivesBack(t *testing.T) {
	const held = 32
	r := newRig()
	p := NewPages(r.domain, r.arena, 1, 8*held, nil)
	x := NewIndex(p)
	rng := rand.New(rand.NewPCG(1, 2))
	var labels [held]uint32
	most := 0
	for i := range uint32(100_000) {
		r.inside(func() {
			if old := labels[i%held]; old != 0 && !x.Clear(old, old) {
				t.Fatalf("label %#x is gone", old)
			}
			label := 1 + rng.Uint32N(LabelSpace-1)
			for x.Lookup(label) != 0 {
				label = 1 + rng.Uint32N(LabelSpace-1)
			}
			claim(t, x, label, label)
			labels[i%held] = label
		})
		r.advance()
		p.Collect(0)
		most = max(most, p.Usage().Slots)
	}
	// Two grace periods may wait, of two moves each, and each move lasts a turn.
	if most > held+8 {
		t.Errorf("%d labels took up to %d pages", held, most)
	}
	r.inside(func() {
		for _, label := range labels {
			x.Clear(label, label)
		}
	})
	r.drain(t, 1, p)
	if u := p.Usage(); u.Slots != 0 {
		t.Errorf("%d pages in use by an empty index", u.Slots)
	}
}

// TestIndexesFit holds a thousand indexes of 32 random labels each to 64 MiB.
func TestIndexesFit(t *testing.T) {
	const (
		indexes = 1000
		labels  = 32
		limit   = 64 << 20
	)
	r := newRig()
	p := NewPages(r.domain, r.arena, 1, indexes*labels, nil)
	rng := rand.New(rand.NewPCG(3, 4))
	for range indexes {
		x := NewIndex(p)
		r.inside(func() {
			for n := 0; n < labels; {
				if holds, ok := x.Claim(1+rng.Uint32N(LabelSpace-1), 0, 1, 0); ok && holds == 1 {
					n++
				}
			}
		})
	}
	u := p.Usage()
	if u.Slots > indexes*labels {
		t.Errorf("%d pages for %d labels", u.Slots, indexes*labels)
	}
	total := u.Bytes + indexes*RootBytes
	t.Logf("%d pages, %d bytes in all, %d a namespace", u.Slots, total, total/indexes)
	// Smaller pages, as the invariants tag has, want larger roots.
	if total > limit && !Invariants {
		t.Errorf("%d bytes, the limit is %d", total, limit)
	}
}

// TestIndexShared has one page come and go all the time: its few labels are
// claimed and cleared by several goroutines. A label with one user is always
// claimed, found and cleared; of those who claim one label at a time one wins;
// a label that stays is never overlooked.
func TestIndexShared(t *testing.T) {
	const (
		workers = 4
		rounds  = 5_000
		fixed   = 5 * pageCells
	)
	d := rcu.New(rcu.Options{})
	// While a worker stands still in a section nothing is reclaimed, so there is
	// a page for every round.
	p := NewPages(d, NewArena(), 2, workers*rounds, nil)
	x := NewIndex(p)
	claim(t, x, fixed, 99)
	c := claimers{t: t, index: x}
	var crowd sync.WaitGroup
	for worker := range uint32(workers) {
		crowd.Go(func() {
			for range rounds {
				reader := d.Borrow()
				c.round(worker)
				if label, slot, ok := x.Next(4 * pageCells); !ok || label != fixed || slot != 99 {
					t.Errorf("the fixed label is overlooked: %#x, %d, %v", label, slot, ok)
				}
				d.Return(reader)
				p.Collect(worker % 2)
				d.TryAdvance()
			}
		})
	}
	crowd.Wait()
	if !x.Clear(fixed, 99) {
		t.Error("the fixed label is lost")
	}
	settle(t, d, 2, p)
	if u := p.Usage(); u.Slots != 0 {
		t.Errorf("%d pages in use by an empty index", u.Slots)
	}
}

// claimers share one page of an index.
type claimers struct {
	t     *testing.T
	index *Index
	won   atomic.Uint32 // the worker that holds the common label, plus one
}

// round claims, finds and clears the worker's own label, and in between the one
// that all want.
func (c *claimers) round(worker uint32) {
	const common = 3*pageCells + 9
	x, own, slot := c.index, 3*pageCells+1+worker, 1+worker
	if holds, ok := x.Claim(own, 0, cellOf(slot), worker%2); !ok || holds != slot {
		c.t.Errorf("claim of label %#x: %d, %v", own, holds, ok)
	}
	if got := x.Lookup(own); got != slot {
		c.t.Errorf("label %#x holds %d, want %d", own, got, slot)
	}
	if free, ok := x.NextFree(own, own+1); ok {
		c.t.Errorf("label %#x is free, and claimed", free)
	}
	if holds, ok := x.Claim(common, 0, cellOf(slot), worker%2); ok && holds == slot {
		if other := c.won.Swap(slot); other != 0 {
			c.t.Errorf("workers %d and %d have won the common label", other-1, worker)
		}
		runtime.Gosched()
		c.won.CompareAndSwap(slot, 0)
		if x.Clear(common, slot+100) || !x.Clear(common, slot) {
			c.t.Error("the common label is cleared by the wrong one")
		}
	}
	if !x.Clear(own, slot) {
		c.t.Errorf("label %#x is lost", own)
	}
}

// TestIndexShare asks for the share mode of labels: free, in use, cleared, beyond all.
func TestIndexShare(t *testing.T) {
	r := newRig()
	x := NewIndex(NewPages(r.domain, r.arena, 1, 8, nil))
	r.inside(func() {
		for _, share := range []uint8{1, 2, 3, 252, 255} {
			for _, slot := range []uint32{1, 7, cellSlot} {
				if holds, ok := x.Claim(5, 0, NewCell(slot, share), 0); !ok || holds != slot || x.Lookup(5) != slot {
					t.Fatalf("slot %d: %d holds, %v", slot, holds, ok)
				}
				for label, want := range map[uint32]uint8{5: share, 6: 0, 300: 0, LabelSpace - 1: 0, LabelSpace | 5: 0, 1<<32 - 1: 0} {
					if got := x.Share(label); got != want {
						t.Errorf("label %#x: %d, want %d", label, got, want)
					}
				}
				if x.Clear(5, slot-1) || !x.Clear(5, slot) || x.Share(5) != 0 {
					t.Errorf("slot %d is not cleared, or by another", slot)
				}
			}
		}
	})
}
