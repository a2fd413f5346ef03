package shard

import (
	"slices"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"
)

// plainSocket is a socket's list without lines and blocks: a row of places.
type plainSocket struct {
	id, generation uint32
	slot           *Socket
	open           bool
	places         []Entry
}

// sight is what a late reader has: a section, and the list it found in there.
type sight struct {
	places []*atomic.Uint64
	labels []uint32 // that the socket could have
}

// listModel is sockets beside their plain form. Labels tell sockets apart: each
// has its own, so that an entry of another is noticed.
type listModel struct {
	*rig
	sections
	sockets *Sockets
	most    int
	all     []*plainSocket // open and closed
	serial  uint32         // sockets opened so far
	sights  []sight        // by section
}

const listLabels = 3 // per socket

func newListModel(t *rapid.T) *listModel {
	m := &listModel{rig: newRig(), most: rapid.SampledFrom([]int{1, 7, 8, 9, 40}).Draw(t, "most")}
	m.sockets = NewSockets(m.domain, m.arena, 2, ChunkSlots, m.most, nil)
	return m
}

func (m *listModel) opened(t *rapid.T) {
	id, slot, generation, ok := m.sockets.Alloc(rapid.Uint32Range(0, 1).Draw(t, "shard"))
	if !ok || generation != slot.Generation() || m.sockets.At(id) != slot {
		t.Fatalf("Alloc: slot %d, generation %d, %v", id, generation, ok)
	}
	for _, other := range m.all {
		if other.id == id && (other.open || other.generation >= generation) {
			t.Fatalf("slot %d, generation %d is given to a second socket", id, generation)
		}
	}
	if rapid.IntRange(0, 9).Draw(t, "release") == 0 {
		m.sockets.Release(id)
		return
	}
	reflects := rapid.Bool().Draw(t, "reflects")
	slot.Opened(reflects)
	if slot.Current.Load()&CurrentReflects != 0 != reflects || slot.Remote.Load() != 0 {
		t.Fatalf("a new socket has label %#x, remote %#x", slot.Current.Load(), slot.Remote.Load())
	}
	slot.Current.Store(5) // for the next one to find, if it is not cleared
	slot.Remote.Store(5)
	m.serial++
	m.all = append(m.all, &plainSocket{id: id, generation: generation, slot: slot, open: true})
}

// socket draws one, open or closed, and a label: its own, another's or 0.
func (m *listModel) socket(t *rapid.T) (*plainSocket, uint32) {
	if len(m.all) == 0 {
		t.Skip("no socket")
	}
	i := rapid.IntRange(max(0, len(m.all)-4), len(m.all)-1).Draw(t, "socket")
	if rapid.IntRange(0, 9).Draw(t, "foreign label") == 0 {
		return m.all[i], 0
	}
	return m.all[i], uint32(i*listLabels + rapid.IntRange(1, listLabels).Draw(t, "label"))
}

func (m *listModel) publish(t *rapid.T) {
	p, label := m.socket(t)
	if label == 0 {
		t.Skip("nobody leases label 0")
	}
	for range rapid.IntRange(1, 20).Draw(t, "n") {
		e := NewEntry(7+label, label, rapid.Bool().Draw(t, "headers"))
		var l Lease
		want := Published
		used := len(p.places) - count(p.places, 0)
		switch {
		case !p.open:
			want = Closed
		case used == m.most:
			want = ListFull
		case count(p.places, 0) == 0:
			p.places = append(p.places, make([]Entry, larger(len(p.places))-len(p.places))...)
		}
		if want == Published {
			p.places[slices.Index(p.places, 0)] = e
		}
		if got := m.sockets.Publish(p.slot, p.generation, 1, e, &l, 3, 4); got != want {
			t.Fatalf("Publish: %d, want %d", got, want)
		}
		if raised := l.Linger() == 3 && l.Expires() == 4; raised != (want == Published) || !raised && l != (Lease{}) {
			t.Fatalf("outcome %d left linger %d, expires %d", want, l.Linger(), l.Expires())
		}
	}
}

// larger returns the size of the list that replaces a full one of n places.
func larger(n int) int {
	switch n {
	case 0:
		return ownEntries
	case ownEntries:
		return lineEntries
	}
	return 2 * n
}

func count(places []Entry, e Entry) (n int) {
	for _, p := range places {
		if p == e {
			n++
		}
	}
	return n
}

// first returns the place of the first entry with the label, or -1. Label 0, the
// label of an empty place, is on no list.
func (p *plainSocket) first(label uint32) int {
	return slices.IndexFunc(p.places, func(e Entry) bool { return label != 0 && e.Label() == label })
}

func (m *listModel) remove(t *rapid.T) {
	p, label := m.socket(t)
	var want Entry
	if i := p.first(label); i >= 0 {
		want, p.places[i] = p.places[i], 0
	}
	if got, ok := m.sockets.Remove(p.slot, p.generation, label); got != want || ok != p.open {
		t.Fatalf("Remove: %#x, %v; want %#x, %v", got, ok, want, p.open)
	}
}

func (m *listModel) shut(t *rapid.T) {
	p, _ := m.socket(t)
	var got, want []Entry
	for _, e := range p.places {
		if e != 0 {
			want = append(want, e)
		}
	}
	ok := m.sockets.Shut(p.slot, p.generation, func(e Entry) {
		got = append(got, e)
		if p.slot.Open(p.generation) {
			t.Fatal("still open while its users are dropped")
		}
	})
	if ok != p.open || !slices.Equal(got, want) {
		t.Fatalf("Shut: %v, dropped %x; want %v, %x", ok, got, p.open, want)
	}
	if ok {
		m.sockets.Retire(p.id)
	}
	p.open, p.places = false, nil
}

// labels returns those that socket i can have.
func (m *listModel) labels(i int) (all []uint32) {
	for n := range uint32(listLabels) {
		all = append(all, uint32(i)*listLabels+n+1)
	}
	return all
}

// look begins a section and finds the list of a socket in it.
func (m *listModel) look(t *rapid.T) {
	p, _ := m.socket(t)
	m.enter(m.rig)
	s := sight{labels: m.labels(slices.Index(m.all, p))}
	if word, ok := p.slot.block(p.generation); ok {
		for place := range m.sockets.places(p.slot, word) {
			s.places = append(s.places, place)
		}
	}
	m.sights = append(m.sights, s)
}

func (m *listModel) check(t *rapid.T) {
	for i, p := range m.all {
		if p.slot.Open(p.generation) != p.open {
			t.Fatalf("socket %d is open: %v", i, !p.open)
		}
		for _, label := range append(m.labels(i), 0) {
			var want Entry
			if at := p.first(label); at >= 0 {
				want = p.places[at]
			}
			if got, ok := m.sockets.Find(p.slot, p.generation, label); got != want || ok != p.open {
				t.Fatalf("Find: %#x, %v; want %#x, %v", got, ok, want, p.open)
			}
		}
		if used := len(p.places) - count(p.places, 0); p.open && p.slot.Used() != used {
			t.Fatalf("%d entries used, want %d", p.slot.Used(), used)
		}
	}
	for _, s := range m.sights {
		for _, place := range s.places {
			e := Entry(place.Load())
			if e != 0 && e.Label() != 0 && !slices.Contains(s.labels, e.Label()) {
				t.Fatalf("a late reader finds label %#x on a list of %#x", e.Label(), s.labels)
			}
		}
	}
	open, blocks := 0, 0
	for _, p := range m.all {
		if p.open {
			open++
			if len(p.places) > ownEntries {
				blocks++
			}
		}
	}
	if s, b := m.sockets.Usage(); s.Slots < open || b.Slots < blocks {
		t.Fatalf("%d sockets and %d blocks in use, counted as %d and %d", open, blocks, s.Slots, b.Slots)
	}
}

// TestListModel compares sockets and their lists with their plain form on random
// histories, with late readers on lists that have been replaced.
func TestListModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newListModel(t)
		t.Repeat(map[string]func(*rapid.T){
			"open":    m.opened,
			"publish": m.publish,
			"remove":  m.remove,
			"shut":    m.shut,
			"look":    m.look,
			"leave": func(t *rapid.T) {
				if len(m.open) == 0 {
					t.Skip("no section is open")
				}
				m.leave(m.rig, 0)
				m.sights = m.sights[1:]
			},
			"collect": func(t *rapid.T) { m.sockets.Collect(rapid.Uint32Range(0, 1).Draw(t, "shard")) },
			"advance": func(*rapid.T) { m.advance() },
			"":        m.check,
		})
	})
}
