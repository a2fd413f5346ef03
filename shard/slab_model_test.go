package shard

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// slabModel is what a slab promises, in its plainest form.
type slabModel struct {
	*rig
	sections
	slab    *Slab[uint64]
	span    uint32
	shards  uint32
	inUse   []uint32
	waiting map[uint32][]*section // by id: the sections that were open when it was retired
	lost    map[uint32]bool
	owner   map[uint32]uint32

	refuse   bool // Grown
	worn     bool // Reclaim
	badChunk map[uint32]bool
	chunks   int
	rings    int
	came     int64 // slots that came back from waiting
	wrong    error // what a hook has to say
}

func newSlabModel(t *rapid.T) *slabModel {
	m := &slabModel{
		rig: newRig(), waiting: make(map[uint32][]*section), lost: make(map[uint32]bool),
		owner: make(map[uint32]uint32), badChunk: make(map[uint32]bool),
		span:   uint32(1) << rapid.SampledFrom([]int{0, 0, 1, chunkBits - 1, chunkBits}).Draw(t, "log span"),
		shards: rapid.SampledFrom([]uint32{1, 2, 4}).Draw(t, "shards"),
	}
	limit := rapid.IntRange(1, 2*ChunkSlots/int(m.span)).Draw(t, "limit")
	m.slab = NewSlab[uint64](m.domain, m.arena, int(m.shards), limit, Kind{
		Span: m.span, Grown: m.grown, Reclaim: m.reclaim, Ring: func() { m.rings++ },
	})
	return m
}

func (m *slabModel) grown(chunk, shard uint32) bool {
	m.chunks++
	m.badChunk[chunk] = m.refuse
	return !m.refuse
}

func (m *slabModel) reclaim(id uint32) bool {
	open, waits := m.waiting[id]
	switch {
	case !waits:
		m.wrong = fmt.Errorf("slot %d reclaimed, which does not wait", id)
	case anyOpen(open):
		m.wrong = fmt.Errorf("slot %d reclaimed, which a section may hold", id)
	case *m.slab.At(id) != uint64(id):
		m.wrong = fmt.Errorf("slot %d holds %d", id, *m.slab.At(id))
	}
	delete(m.waiting, id)
	m.came++
	if m.worn {
		m.lost[id] = true
	}
	return !m.worn
}

// good is the number of ids that the chunks made so far can serve.
func (m *slabModel) good() int {
	n := 0
	for chunk, bad := range m.badChunk {
		if bad {
			continue
		}
		n += ChunkSlots / int(m.span)
		if chunk == 0 {
			n--
		}
	}
	return n
}

func (m *slabModel) alloc(t *rapid.T) {
	shard := rapid.Uint32Range(0, m.shards-1).Draw(t, "shard")
	for range rapid.IntRange(1, ChunkSlots/int(m.span)).Draw(t, "n") {
		id, ok := m.slab.Alloc(shard)
		if !ok {
			if out := len(m.inUse) + len(m.waiting) + len(m.lost); out != m.good() {
				t.Fatalf("Alloc fails with %d of %d slots out", out, m.good())
			}
			if !m.refuse && m.chunks < m.slab.Chunks() {
				t.Fatalf("Alloc fails with %d of %d chunks made", m.chunks, m.slab.Chunks())
			}
			return
		}
		m.handedOut(t, id)
	}
}

// handedOut checks a slot that Alloc has returned, and writes its id all over it.
func (m *slabModel) handedOut(t *rapid.T, id uint32) {
	_, waits := m.waiting[id]
	switch {
	case id == 0 || id%m.span != 0 || m.badChunk[id>>chunkBits]:
		t.Fatalf("slot %d does not exist", id)
	case waits:
		t.Fatalf("slot %d waits and was handed out", id)
	case m.lost[id]:
		t.Fatalf("slot %d has had its last generation", id)
	case slices.Contains(m.inUse, id):
		t.Fatalf("slot %d has two holders", id)
	}
	was, known := m.owner[id]
	if known && was != m.slab.Owner(id) {
		t.Fatalf("slot %d moved from shard %d to %d", id, was, m.slab.Owner(id))
	}
	m.owner[id] = m.slab.Owner(id)
	for i := range m.slab.Run(id) {
		cell := &m.slab.Run(id)[i]
		if want := uint64(id); known && *cell != want || !known && *cell != 0 {
			t.Fatalf("slot %d holds %d at first (known: %v)", id, *cell, known)
		}
		*cell = uint64(id)
	}
	m.inUse = append(m.inUse, id)
}

// take removes one of the slots in use from the model.
func (m *slabModel) take(t *rapid.T) uint32 {
	if len(m.inUse) == 0 {
		t.Skip("nothing in use")
	}
	i := rapid.IntRange(0, len(m.inUse)-1).Draw(t, "of those in use")
	id := m.inUse[i]
	m.inUse = slices.Delete(m.inUse, i, i+1)
	return id
}

func (m *slabModel) retire(t *rapid.T) {
	for range min(rapid.IntRange(1, 40).Draw(t, "n"), len(m.inUse)) {
		id := m.take(t)
		want := m.rings
		if m.waitingIn(m.owner[id]) == 0 {
			want++
		}
		m.waiting[id] = m.sections.now()
		m.slab.Retire(id)
		if m.rings != want {
			t.Fatalf("%d rings, want %d", m.rings, want)
		}
	}
}

// retireAll retires several slots of one owner at once.
func (m *slabModel) retireAll(t *rapid.T) {
	shard := rapid.Uint32Range(0, m.shards-1).Draw(t, "shard")
	most := rapid.IntRange(0, 40).Draw(t, "n")
	var ids, others []uint32
	for _, id := range m.inUse {
		if m.owner[id] == shard && len(ids) < most {
			ids = append(ids, id)
		} else {
			others = append(others, id)
		}
	}
	want := m.rings
	if len(ids) != 0 && m.waitingIn(shard) == 0 {
		want++
	}
	for _, id := range ids {
		m.waiting[id] = m.sections.now()
	}
	m.inUse = others
	m.slab.RetireAll(ids)
	if m.rings != want {
		t.Fatalf("%d rings, want %d", m.rings, want)
	}
}

func (m *slabModel) waitingIn(shard uint32) (n int) {
	for id := range m.waiting {
		if m.owner[id] == shard {
			n++
		}
	}
	return n
}

func (m *slabModel) collect(t *rapid.T) {
	shard := rapid.Uint32Range(0, m.shards-1).Draw(t, "shard")
	before := m.waitingIn(shard)
	n, more := m.slab.Collect(shard)
	after := m.waitingIn(shard)
	if n != before-after || more != (after != 0) {
		t.Fatalf("Collect: %d, %v; %d waited and %d do", n, more, before, after)
	}
}

func (m *slabModel) check(t *rapid.T) {
	if m.wrong != nil {
		t.Fatal(m.wrong)
	}
	want := Usage{
		Slots:    len(m.inUse) + len(m.waiting),
		Capacity: m.chunks * ChunkSlots / int(m.span),
		Bytes:    int64(m.chunks) * ChunkSlots * (8 + 4),
		Lost:     len(m.lost),

		Reclaimed: m.came,
	}
	if u := m.slab.Usage(); u != want {
		t.Fatalf("%+v, want %+v", u, want)
	}
}

// TestSlabModel compares a slab with its promise on random histories: sections
// that come and go, growth that fails, slots that wear out.
func TestSlabModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newSlabModel(t)
		t.Repeat(map[string]func(*rapid.T){
			"alloc":   m.alloc,
			"retire":  m.retire,
			"several": m.retireAll,
			"release": func(t *rapid.T) { m.slab.Release(m.take(t)) },
			"collect": m.collect,
			"advance": func(*rapid.T) { m.advance() },
			"enter":   func(*rapid.T) { m.enter(m.rig) },
			"leave": func(t *rapid.T) {
				if len(m.open) == 0 {
					t.Skip("no section is open")
				}
				m.leave(m.rig, rapid.IntRange(0, len(m.open)-1).Draw(t, "section"))
			},
			"refuse": func(t *rapid.T) { m.refuse = rapid.Bool().Draw(t, "refuse") },
			"wear":   func(t *rapid.T) { m.worn = rapid.Bool().Draw(t, "worn") },
			"":       m.check,
		})
	})
}
