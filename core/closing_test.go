package core

import (
	"errors"
	"net/netip"
	"runtime"
	"testing"
)

// advanceTo advances the engine until its epoch has come that far, which no open
// section may hold up.
func advanceTo(e *Engine, epoch uint64) {
	for e.domain.Stats().Epoch < epoch {
		e.Advance(0)
		runtime.Gosched()
	}
}

// TestIDOfClosing has a Get under way on a socket of a namespace while that is
// being closed: the namespace's id is its own until the Get has ended, although
// at some moment of the Close no lease is left. Close is taken apart, since
// nothing that it calls lets a test in between.
func TestIDOfClosing(t *testing.T) {
	e, err := New(Options{ManualAdvance: true, Shards: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	n, err := e.Namespace("closing", NamespaceOptions{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := n.Socket(SocketOptions{})
	if err != nil {
		t.Fatal(err)
	}
	req := Request{Label: 5, Dst: netip.MustParseAddr("2001:db8::1"), Share: Exclusive, Create: true}

	closing, _ := e.enter()
	epoch := e.domain.Stats().Epoch
	n.beginClose()
	// The socket is still open. Its lease comes and goes, and is the last one.
	if _, err := s.Get(req); err != nil {
		t.Fatal(err)
	}
	if err := s.Put(5); err != nil {
		t.Fatal(err)
	}
	advanceTo(e, epoch+1) // what that retired waits for the Close, and for nobody later
	under, at, err := s.enter()
	if err != nil {
		t.Fatal(err)
	}
	for s := n.firstSocket(); s.slot != nil; s = n.firstSocket() {
		s.shut()
	}
	n.Purge()
	n.endClose()
	e.leave(closing)
	advanceTo(e, epoch+2)

	next, err := e.Namespace("next", NamespaceOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if next.id == n.id || e.namespaces.Get(n.id) != n {
		t.Error("the id of a closed namespace serves another one while a Get of it is under way")
	}
	g := get{s: s, ns: n, eng: e, at: at}
	if err := g.t.check(n, &req, s.owner(nil)); err != nil {
		t.Fatal(err)
	}
	if _, err := g.run(); !errors.Is(err, ErrClosed) {
		t.Errorf("error %v, want ErrClosed", err)
	}
	e.leave(under)
	for e.Advance(0).Waiting {
		runtime.Gosched()
	}
	if u := e.nsSlots.Usage(); u.Slots != 1 || e.namespaces.Get(n.id) != nil || e.leaseCount.Load() != 0 {
		t.Errorf("%+v, %d leases: want the next namespace only", u, e.leaseCount.Load())
	}
}
