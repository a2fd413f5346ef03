package kernelalgo

import (
	"errors"
	"sync"
	"testing"
)

func want(t *testing.T, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Fatalf("error %v, want %v", got, want)
	}
}

// TestLife takes a lease from its creation over joins, refusals and a revival to
// its collection.
func TestLife(t *testing.T) {
	var table Table
	a, b, other := table.NewSocket(1), table.NewSocket(1), table.NewSocket(2)
	r := Request{Label: 0x12345, Share: Process, Owner: 7, Linger: 10}
	_, err := a.Get(&r)
	want(t, err, ErrNotFound)
	r.Create = true
	label, err := a.Get(&r)
	want(t, err, nil)
	r.Create = false
	_, err = b.Get(&r)
	want(t, err, nil)
	_, err = other.Get(&r)
	want(t, err, ErrNotFound)
	r.Owner = 8
	_, err = b.Get(&r)
	want(t, err, ErrNotShared)
	r.Owner = 7

	if l := b.Lookup(label); l == nil || l.Label() != label || l.users.Load() != 3 {
		t.Fatalf("found %+v", l)
	} else {
		l.Drop()
	}
	if b.Lookup(label+1) != nil || other.Lookup(label) != nil {
		t.Fatal("found what is not held")
	}

	want(t, a.Put(label), nil)
	want(t, a.Put(label), ErrNotHeld)
	want(t, b.Put(label), nil)
	_, err = a.Get(&r) // it lingers
	want(t, err, ErrNotFound)
	table.Clock.Store(9)
	if n := table.Collect(); n != 0 {
		t.Fatalf("%d ended early", n)
	}
	r.Create = true
	_, err = a.Get(&r)
	want(t, err, nil)
	table.Clock.Store(100)
	if n := table.Collect(); n != 0 {
		t.Fatalf("%d ended in use", n)
	}
	want(t, a.Put(label), nil)
	table.Clock.Store(110)
	if n := table.Collect(); n != 1 || table.find(1, label) != nil || table.size != 0 {
		t.Fatalf("%d ended", n)
	}
}

// TestRandom fills the table with random labels and empties it.
func TestRandom(t *testing.T) {
	var table Table
	s := table.NewSocket(1)
	seen := make(map[uint32]bool)
	for range Limit {
		label, err := s.Get(&Request{Share: Exclusive, Create: true, Linger: 1})
		want(t, err, nil)
		seen[label] = true
	}
	_, err := s.Get(&Request{Share: Exclusive, Create: true})
	want(t, err, ErrFull)
	if len(seen) != Limit || seen[0] {
		t.Fatalf("%d labels", len(seen))
	}
	for label := range seen {
		want(t, s.Put(label), nil)
	}
	table.Clock.Store(1)
	if n := table.Collect(); n != Limit {
		t.Fatalf("%d ended", n)
	}
}

// TestConcurrent has packets, joins and puts meet.
func TestConcurrent(t *testing.T) {
	var table Table
	holder := table.NewSocket(1)
	label, err := holder.Get(&Request{Share: Any, Create: true, Linger: 1})
	want(t, err, nil)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			s := table.NewSocket(1)
			for range 1000 {
				if _, err := s.Get(&Request{Label: label, Share: Any}); err != nil {
					t.Error(err)
					return
				}
				if l := holder.Lookup(label); l == nil {
					t.Error("lost")
				} else {
					l.Drop()
				}
				if err := s.Put(label); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if users := holder.held(label).users.Load(); users != 1 {
		t.Errorf("%d users", users)
	}
}
