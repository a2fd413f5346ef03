package shard

import (
	"testing"

	"pgregory.net/rapid"
)

// indexModel is an index beside the map that it stands for.
type indexModel struct {
	*rig
	sections
	pages *Pages
	index *Index
	cells map[uint32]uint32
}

// someLabel draws from three pages at the ends and edges of the label space, so
// that pages fill, empty and meet.
var someLabel = rapid.Custom(func(t *rapid.T) uint32 {
	page := rapid.SampledFrom([]uint32{0, 1, rootCells - 1}).Draw(t, "page")
	return page*pageCells + rapid.SampledFrom([]uint32{1, 2, pageCells / 2, pageCells - 1}).Draw(t, "cell")
})

func (m *indexModel) claim(t *rapid.T) {
	label, slot := someLabel.Draw(t, "label"), rapid.Uint32Range(1, 9).Draw(t, "slot")
	old := m.index.Lookup(label)
	if rapid.Bool().Draw(t, "outdated") {
		old = rapid.Uint32Range(0, 9).Draw(t, "old")
	}
	want := m.cells[label]
	if want == old {
		want = slot
		m.cells[label] = slot
	}
	if holds, ok := m.index.Claim(label, old, cellOf(slot), 0); !ok || holds != want {
		t.Fatalf("Claim: %d, %v; want %d", holds, ok, want)
	}
}

func (m *indexModel) clear(t *rapid.T) {
	label, slot := someLabel.Draw(t, "label"), rapid.Uint32Range(1, 9).Draw(t, "slot")
	if rapid.Bool().Draw(t, "right") && m.cells[label] != 0 {
		slot = m.cells[label]
	}
	want := m.cells[label] == slot
	if want {
		delete(m.cells, label)
	}
	if got := m.index.Clear(label, slot); got != want {
		t.Fatalf("Clear: %v, want %v", got, want)
	}
}

func (m *indexModel) next(t *rapid.T) {
	from := max(someLabel.Draw(t, "from"), 1) - rapid.Uint32Range(0, 1).Draw(t, "before")
	want := uint32(LabelSpace)
	for label := range m.cells {
		if label >= from {
			want = min(want, label)
		}
	}
	label, slot, ok := m.index.Next(from)
	if ok != (want < LabelSpace) || ok && (label != want || slot != m.cells[want]) {
		t.Fatalf("Next: %#x, %d, %v; want %#x", label, slot, ok, want)
	}
}

func (m *indexModel) nextFree(t *rapid.T) {
	from := someLabel.Draw(t, "from")
	to := min(from+rapid.Uint32Range(0, 2).Draw(t, "span"), LabelSpace)
	want := from
	for want < to && m.cells[want] != 0 {
		want++
	}
	if label, ok := m.index.NextFree(from, to); ok != (want < to) || ok && label != want {
		t.Fatalf("NextFree: %#x, %v; want %#x", label, ok, want)
	}
}

func (m *indexModel) check(t *rapid.T) {
	used := make(map[uint32]uint32) // by page
	for label, slot := range m.cells {
		used[label>>pageBits]++
		if got := m.index.Lookup(label); got != slot {
			t.Fatalf("label %#x holds %d, want %d", label, got, slot)
		}
		if got := m.index.Share(label); got != modeOf(slot) {
			t.Fatalf("label %#x has mode %d, want %d", label, got, modeOf(slot))
		}
	}
	for _, at := range []uint32{0, 1, rootCells - 1} {
		id := m.index.root[at].Load()
		if (id != 0) != (used[at] != 0) {
			t.Fatalf("%d labels of page %d, which is slot %d", used[at], at, id)
		}
		if id != 0 && m.pages.slab.At(id).state.Load() != used[at] {
			t.Fatalf("page %d counts %d labels, it has %d", at, m.pages.slab.At(id).state.Load(), used[at])
		}
	}
	if u := m.pages.Usage(); u.Slots < len(used) {
		t.Fatalf("%d pages in use, %d linked", u.Slots, len(used))
	}
}

// TestIndexModel compares an index with a map on random histories.
func TestIndexModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := newRig()
		m := &indexModel{rig: r, cells: make(map[uint32]uint32)}
		m.pages = NewPages(r.domain, r.arena, 1, 4*ChunkSlots, nil)
		m.index = NewIndex(m.pages)
		within := func(f func(*rapid.T)) func(*rapid.T) {
			return func(t *rapid.T) { r.inside(func() { f(t) }) }
		}
		t.Repeat(map[string]func(*rapid.T){
			"claim":     within(m.claim),
			"claim too": within(m.claim),
			"clear":     within(m.clear),
			"next":      within(m.next),
			"next free": within(m.nextFree),
			"advance":   func(*rapid.T) { m.advance() },
			"collect":   func(*rapid.T) { m.pages.Collect(0) },
			"enter":     func(*rapid.T) { m.enter(r) },
			"leave": func(t *rapid.T) {
				if len(m.open) == 0 {
					t.Skip("no section is open")
				}
				m.leave(r, 0)
			},
			"": m.check,
		})
		for len(m.open) > 0 {
			m.leave(r, 0)
		}
		r.inside(func() {
			for label, slot := range m.cells {
				m.index.Clear(label, slot)
			}
		})
		for range 8 {
			m.advance()
			m.pages.Collect(0)
		}
		if u := m.pages.Usage(); u.Slots != 0 {
			t.Fatalf("%d pages in use by an empty index", u.Slots)
		}
	})
}
