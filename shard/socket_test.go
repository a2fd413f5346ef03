package shard

import "testing"

// opened returns a new socket with an empty list.
func opened(t testing.TB, ss *Sockets) (id uint32, s *Socket, generation uint32) {
	t.Helper()
	id, s, generation, ok := ss.Alloc(0)
	if !ok {
		t.Fatal("no slot for a socket")
	}
	s.Opened(false)
	return id, s, generation
}

// fill publishes labels 1 to n.
func fill(t testing.TB, ss *Sockets, s *Socket, generation uint32, n int) {
	t.Helper()
	for i := range uint32(n) {
		if got := ss.Publish(s, generation, 0, NewEntry(i+1, i+1, false), new(Lease), 0, 0); got != Published {
			t.Fatalf("entry %d: outcome %d", i, got)
		}
	}
}

// TestEntry takes entries apart at the ends of their fields.
func TestEntry(t *testing.T) {
	for _, slot := range []uint32{0, 1, 1<<32 - 1} {
		for _, label := range []uint32{1, 2, LabelSpace - 1} {
			for _, headers := range []bool{false, true} {
				e := NewEntry(slot, label, headers)
				if e.Lease() != slot || e.Label() != label || e.Headers() != headers {
					t.Errorf("slot %#x, label %#x, headers %v come back as %#x, %#x, %v",
						slot, label, headers, e.Lease(), e.Label(), e.Headers())
				}
			}
		}
	}
}

// fillPlaces fills the rest of the socket's list, label 1 and up, as Publish
// would, which looks for an empty place each time.
func fillPlaces(ss *Sockets, s *Socket) {
	label := uint32(0)
	for place := range ss.places(s, s.word.Load()) {
		label++
		place.Store(uint64(NewEntry(label, label, false)))
	}
	s.used = label
}

// TestListGrows takes one list through all classes of blocks up to the most
// entries there can be. All entries stay; the old blocks go.
func TestListGrows(t *testing.T) {
	r := newRig()
	ss := NewSockets(r.domain, r.arena, 1, 1, MaxEntries, nil)
	id, s, generation := opened(t, ss)
	fillPlaces(ss, s)
	for class := range uint64(classes) {
		next := uint32(s.Used() + 1)
		if got := ss.Publish(s, generation, 0, NewEntry(next, next, false), new(Lease), 0, 0); got != Published {
			t.Fatalf("entry %d: outcome %d", next, got)
		}
		word, _ := s.block(generation)
		if got := word >> classShift & classMask; got != class || uint32(s.Used()) != next {
			t.Fatalf("%d entries are in a block of class %d, want %d", s.Used(), got, class)
		}
		for label := uint32(1); label <= next; label += 1 + next/64 {
			if e, ok := ss.Find(s, generation, label); !ok || e != NewEntry(label, label, false) {
				t.Fatalf("label %#x: %#x, %v", label, e, ok)
			}
		}
		fillPlaces(ss, s)
	}
	if got := ss.Publish(s, generation, 0, NewEntry(1, 1, false), new(Lease), 0, 0); got != ListFull || s.Used() != MaxEntries {
		t.Fatalf("one entry too many: outcome %d, %d used", got, s.Used())
	}
	r.drain(t, 1, ss)
	if _, b := ss.Usage(); b.Slots != 1 {
		t.Fatalf("%d blocks in use by one list", b.Slots)
	}
	dropped := uint32(0)
	ok := ss.Shut(s, generation, func(e Entry) {
		if dropped++; e != NewEntry(dropped, dropped, false) {
			t.Fatalf("entry %d of the list is %#x", dropped, e)
		}
	})
	if !ok || dropped != MaxEntries {
		t.Fatalf("%d entries dropped, %v", dropped, ok)
	}
	ss.Retire(id)
	r.drain(t, 1, ss)
	if s, b := ss.Usage(); s.Slots != 0 || b.Slots != 0 {
		t.Fatalf("%d sockets and %d blocks in use at the end", s.Slots, b.Slots)
	}
}

// TestListNoMemory needs a block when none is free: nothing changes, and
// removing makes room again.
func TestListNoMemory(t *testing.T) {
	const half = MaxEntries / 2
	r := newRig()
	ss := NewSockets(r.domain, r.arena, 1, 1, MaxEntries, nil)
	blocks := ss.blocks[classes-1]
	for {
		if _, ok := blocks.Alloc(0); !ok {
			break
		}
	}
	_, s, generation := opened(t, ss)
	for s.Used() < half {
		fill(t, ss, s, generation, 1)
		fillPlaces(ss, s)
	}
	var l Lease
	word := s.word.Load()
	if got := ss.Publish(s, generation, 0, NewEntry(9, 9, false), &l, 5, 5); got != NoMemory {
		t.Fatalf("outcome %d", got)
	}
	if l.Linger() != 0 || l.Expires() != 0 || s.Used() != half || s.word.Load() != word {
		t.Fatal("the refused entry has changed something")
	}
	if e, ok := ss.Remove(s, generation, 3); !ok || e.Label() != 3 {
		t.Fatalf("Remove: %#x, %v", e, ok)
	}
	fill(t, ss, s, generation, 1)
}

// TestSocketGenerations takes a slot to the end of its generations, and checks
// that a handle of each matches in its own only.
func TestSocketGenerations(t *testing.T) {
	const last = socketLifeCount - 2
	r := newRig()
	ss := NewSockets(r.domain, r.arena, 1, 1, 8, nil)
	id, s, generation := opened(t, ss)
	if generation != 0 || !s.Open(0) || s.Open(1) {
		t.Fatalf("generation %d, open %v", generation, s.Open(0))
	}
	s.word.Store((last - 1) << socketGenShift)
	for generation = last - 1; generation <= last; generation++ {
		fill(t, ss, s, generation, 1)
		if s.Open(generation-1) || s.Open(generation+1) || !s.Open(generation) || s.Generation() != generation {
			t.Fatalf("generation %d is not the only one", generation)
		}
		if !ss.Shut(s, generation, func(Entry) {}) || s.Open(generation) || ss.Shut(s, generation, nil) {
			t.Fatal("not shut once")
		}
		ss.Retire(id)
		r.drain(t, 1, ss)
		if s.Open(generation) || s.Open(generation+1) {
			t.Fatal("open after it was reclaimed")
		}
		if generation == last {
			break
		}
		if again, _, g, _ := ss.Alloc(0); again != id || g != last {
			t.Fatalf("slot %d in generation %d, want %d in %d", again, g, id, uint32(last))
		}
		s.Opened(false)
	}
	if u, _ := ss.Usage(); u.Lost != 1 || u.Slots != 0 {
		t.Fatalf("%+v", u)
	}
	for _, other := range allocAll(t, ss.slab, 0) {
		if other == id {
			t.Fatal("the worn slot was handed out")
		}
	}
}
