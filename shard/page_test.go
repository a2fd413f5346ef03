package shard

import "testing"

// TestPageFreeze walks a page through its life, with a claim that meets it at
// each point: before the freeze, between freeze and unlinking, and after.
func TestPageFreeze(t *testing.T) {
	r := newRig()
	p := NewPages(r.domain, r.arena, 1, 8, nil)
	x := NewIndex(p)
	const a, b = pageCells + 1, pageCells + 2
	reader := r.domain.Borrow()
	claim(t, x, a, 10)
	first := x.root[1].Load()
	pg := p.slab.At(first)

	// A creator that has entered keeps the page from freezing.
	if !pg.enter() {
		t.Fatal("a page in use cannot be entered")
	}
	if !x.Clear(a, 10) || pg.state.Load() == frozen || x.root[1].Load() != first {
		t.Fatal("the page froze around a creator")
	}
	// It leaves without a cell, and so is the one that freezes.
	if !pg.leave(oneCreator) || pg.enter() {
		t.Fatal("the empty page is not frozen")
	}
	// A claim that meets the frozen page unlinks it and takes a new one.
	if x.root[1].Load() != first {
		t.Fatal("unlinked by nobody")
	}
	claim(t, x, b, 20)
	second := x.root[1].Load()
	if second == first || second == 0 {
		t.Fatalf("page %d after page %d", second, first)
	}
	// The one that froze it comes late: it must not unlink the new page.
	x.unlink(a, first)
	p.slab.Retire(first)
	if x.root[1].Load() != second || x.Lookup(b) != 20 {
		t.Fatal("a late unlinking took the new page")
	}
	// A frozen page stays frozen while a section may be in it.
	for range 5 {
		r.advance()
		p.Collect(0)
	}
	if pg.state.Load() != frozen {
		t.Fatal("the page was thawed while a section may be in it")
	}
	r.domain.Return(reader)
	r.drain(t, 1, p)
	if pg.state.Load() != 0 || p.Usage().Slots != 1 {
		t.Fatalf("state %d, %d pages in use", pg.state.Load(), p.Usage().Slots)
	}
	if !x.Clear(b, 20) || x.root[1].Load() != 0 {
		t.Fatal("the second page is still linked")
	}
}

// TestPageCounts checks what counts as a use of a page: a cell once, however
// often its lease is replaced, and a refused claim not at all.
func TestPageCounts(t *testing.T) {
	r := newRig()
	x := NewIndex(NewPages(r.domain, r.arena, 1, 8, nil))
	r.inside(func() {
		claim(t, x, 1, 10)
		pg := x.pages.slab.At(x.root[0].Load())
		count := func(want uint32) {
			t.Helper()
			if got := pg.state.Load(); got != want {
				t.Fatalf("the page counts %d, want %d", got, want)
			}
		}
		count(1)
		if x.Clear(2, 0) {
			t.Fatal("an empty cell was cleared")
		}
		count(1)
		if holds, ok := x.Claim(1, 10, cellOf(11), 0); !ok || holds != 11 {
			t.Fatalf("replacing: %d, %v", holds, ok)
		}
		count(1)
		if holds, ok := x.Claim(1, 10, cellOf(12), 0); !ok || holds != 11 {
			t.Fatalf("a claim on a wrong guess: %d, %v", holds, ok)
		}
		if holds, ok := x.Claim(2, 10, cellOf(12), 0); !ok || holds != 0 {
			t.Fatalf("a claim on a wrong guess: %d, %v", holds, ok)
		}
		count(1)
		if x.Clear(1, 10) {
			t.Fatal("the replaced lease cleared the cell")
		}
		count(1)
		claim(t, x, 3, 30)
		count(2)
		if !x.Clear(1, 11) || !x.Clear(3, 30) {
			t.Fatal("not cleared")
		}
		count(frozen)
	})
}
