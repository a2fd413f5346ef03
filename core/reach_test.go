//go:build invariants

package core

import (
	"net/netip"
	"runtime"
	"testing"
	"weak"

	"github.com/flowlabel/flowlabel/shard"
)

// dying returns what is left of an engine that the program has let go of but for
// one handle of each kind. The slots' memory is kept apart, so that the test
// survives a call that lets go of it.
//
//go:noinline
func dying(t *testing.T) (s Socket, n *Namespace, r *Reader, e weak.Pointer[Engine], slots *shard.Arena) {
	eng, err := New(Options{ManualAdvance: true})
	if err != nil {
		t.Fatal(err)
	}
	if n, err = eng.Namespace("a", NamespaceOptions{Settings: &Settings{}}); err != nil {
		t.Fatal(err)
	}
	if s, err = n.Socket(SocketOptions{Protocol: TCP}); err != nil {
		t.Fatal(err)
	}
	req := Request{Label: 1, Dst: netip.MustParseAddr("2001:db8::1"), Share: User, Create: true}
	if _, err := s.Get(req); err != nil {
		t.Fatal(err)
	}
	if err := s.Connect(1); err != nil {
		t.Fatal(err)
	}
	return s, n, eng.Reader("last"), weak.Make(eng), eng.arena
}

// TestLastCall makes the last call that a program ever makes on an engine, and
// has the garbage collected whenever that looks at a slot: the engine, whose
// slots these are, has to be there.
func TestLastCall(t *testing.T) {
	for name, last := range map[string]func(Socket, *Namespace, *Reader){
		"Get":            func(s Socket, _ *Namespace, _ *Reader) { _, _ = s.Get(Request{Label: 1}) },
		"Put":            func(s Socket, _ *Namespace, _ *Reader) { _ = s.Put(1) },
		"Renew":          func(s Socket, _ *Namespace, _ *Reader) { _ = s.Renew(Request{Label: 1}) },
		"Connect":        func(s Socket, _ *Namespace, _ *Reader) { _ = s.Connect(0) },
		"Reflect":        func(s Socket, _ *Namespace, _ *Reader) { _ = s.Reflect() },
		"StopReflecting": func(s Socket, _ *Namespace, _ *Reader) { _ = s.StopReflecting() },
		"Current":        func(s Socket, _ *Namespace, _ *Reader) { _, _, _ = s.Current() },
		"Received":       func(s Socket, _ *Namespace, _ *Reader) { s.Received(5) },
		"Remote":         func(s Socket, _ *Namespace, _ *Reader) { _, _ = s.Remote() },
		"Query":          func(s Socket, _ *Namespace, _ *Reader) { _, _ = s.Query() },
		"Close":          func(s Socket, _ *Namespace, _ *Reader) { _ = s.Close() },
		"Leases": func(_ Socket, n *Namespace, _ *Reader) {
			for range n.Leases() {
				break
			}
		},
		"Close of the namespace": func(_ Socket, n *Namespace, _ *Reader) { _ = n.Close() },
		"Check": func(s Socket, _ *Namespace, r *Reader) {
			r.Enter()
			_ = r.Check(s, 1)
			r.Exit()
		},
		"Headers": func(s Socket, _ *Namespace, r *Reader) {
			r.Enter()
			_ = r.Headers(s, 1)
			r.Exit()
		},
	} {
		t.Run(name, func(t *testing.T) {
			looks, lost := 0, 0
			s, n, r, e, slots := dying(t)
			shard.Touched = func() {
				runtime.GC()
				if looks++; e.Value() == nil {
					lost++
				}
			}
			last(s, n, r)
			shard.Touched = nil
			if lost != 0 || looks == 0 {
				t.Errorf("the engine was gone at %d of %d looks at its slots", lost, looks)
			}
			if runtime.GC(); e.Value() != nil {
				t.Error("the engine is held by something else than the call")
			}
			runtime.KeepAlive(slots)
		})
	}
}
