package core_test

import (
	"errors"
	"testing"
	"time"

	"github.com/flowlabel/flowlabel/core"
)

// amid is an engine into whose calls a test can break: the clock and the source
// of labels are read in their midst, and run what the test has set, once.
type amid struct {
	*rig
	hook func()
	ns   *core.Namespace
	s    core.Socket
	s2   core.Socket
}

func newAmid(t *testing.T) *amid {
	x := &amid{rig: &rig{TB: t}}
	run := func() {
		if f := x.hook; f != nil {
			x.hook = nil
			f()
		}
	}
	random := uint32(0x100)
	eng, err := core.New(core.Options{
		ManualAdvance:    true,
		MaxSocketEntries: 8,
		Clock:            func() time.Duration { run(); return time.Duration(x.now.Load()) },
		Random:           func() uint32 { run(); random++; return random },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = eng.Close() })
	x.Engine = eng
	x.ns = x.space("a")
	x.s, x.s2 = x.socket(x.ns, 1), x.socket(x.ns, 2)
	x.lease(x.s, 1, core.Any, time.Second)
	x.lease(x.s, 2, core.Exclusive, time.Second)
	x.lease(x.s2, 3, core.Any, time.Second)
	x.lease(x.s2, 4, core.Any, time.Second)
	x.put(x.s2, 4) // lingers
	return x
}

// TestClosedAmidCall closes the socket, its namespace or the engine at the moment
// when a call has done one half of its work. The call ends well or with
// ErrClosed, and nothing is left behind.
func TestClosedAmidCall(t *testing.T) {
	get := func(label core.Label, share core.Share) func(*amid) error {
		return func(x *amid) error {
			return getting(x.s, core.Request{Label: label, Dst: dst1, Share: share, Create: true, Expires: time.Minute})()
		}
	}
	calls := map[string]func(*amid) error{
		"create": get(9, core.Any), "create, guarding": get(9, core.User),
		"random": get(0, core.Any), "random, guarding": get(0, core.User),
		"join": get(3, core.Any), "join own": get(1, core.Any), "revive": get(4, core.Any),
		"put":   func(x *amid) error { return x.s.Put(1) },
		"renew": func(x *amid) error { return x.s.Renew(core.Request{Label: 1}) },
		"close": func(x *amid) error { return x.s.Close() },
		"query": func(x *amid) error { _ = x.s.Connect(1); _, err := x.s.Query(); return err },
		"list": func(x *amid) error {
			for range x.ns.Leases() {
			}
			return nil
		},
		"expire": func(x *amid) error { x.Advance(0); return nil },
	}
	closes := map[string]func(*amid){
		"socket":    func(x *amid) { _ = x.s.Close() },
		"namespace": func(x *amid) { _ = x.ns.Close() },
		"engine":    func(x *amid) { _ = x.Engine.Close() },
		"all and advance": func(x *amid) {
			_ = x.Engine.Close()
			for range 10 {
				x.Advance(0)
			}
		},
	}
	for what, call := range calls {
		for which, shut := range closes {
			t.Run(what+" amid close of "+which, func(t *testing.T) {
				x := newAmid(t)
				x.hook = func() { shut(x) }
				if err := call(x); err != nil && !errors.Is(err, core.ErrClosed) {
					t.Error(err)
				}
				if x.hook != nil {
					t.Fatal("the call was not interrupted")
				}
				if which == "socket" {
					x.keptLinger(t)
				}
				_ = x.Engine.Close()
				x.emptied()
			})
		}
	}
}

// keptLinger sees that after the first socket has closed, whatever was under
// way, its leases linger and the other socket's stay.
func (x *amid) keptLinger(t *testing.T) {
	t.Helper()
	for l := range x.ns.Leases() {
		if want := map[core.Label]int{3: 1}[l.Label]; l.Users != want {
			t.Errorf("%+v, want %d users", l, want)
		}
	}
	x.wait(time.Second - 1)
	for _, label := range []core.Label{1, 2, 3} {
		if !alive(x.ns, label) {
			t.Errorf("label %d ended early", label)
		}
	}
	x.wait(1 + tick)
	if alive(x.ns, 1) || alive(x.ns, 2) || !alive(x.ns, 3) {
		t.Error("after the linger the wrong leases are alive")
	}
}

// TestRenewAmidClose closes the only socket that holds a lease while that is being
// renewed: then the renewal is the last use, and it lasts.
func TestRenewAmidClose(t *testing.T) {
	x := newAmid(t)
	x.hook = func() { _ = x.s.Close() }
	if err := x.s.Renew(core.Request{Label: 1, Expires: time.Minute}); err != nil {
		t.Fatal(err)
	}
	if x.wait(time.Minute - 1); !alive(x.ns, 1) {
		t.Error("the lease ended before the time it was renewed to")
	}
	if x.wait(1 + tick); alive(x.ns, 1) {
		t.Error("the lease lasts too long")
	}
}

// TestTakenAmidDraw has somebody else take the label that a random search has
// drawn, before it is claimed.
func TestTakenAmidDraw(t *testing.T) {
	var x *rig
	var hook func()
	x = newRig(t, core.Options{Random: func() uint32 {
		if f := hook; f != nil {
			hook = nil
			f()
		}
		return 5
	}})
	ns := x.space("a")
	s, s2 := x.socket(ns, 1), x.socket(ns, 2)
	hook = func() { x.lease(s2, 5, core.Exclusive, 0) }
	if got := x.lease(s, 0, core.Exclusive, 0); got != 6 {
		t.Errorf("label %d, want 6, the first free one", got)
	}
	x.put(s, 6)
	x.put(s2, 5)
	x.wait(2 * tick)
	if n := x.Stats().Leases; n != 0 {
		t.Errorf("%d leases left", n)
	}
	if v := x.check(s, 9); v != core.Allowed {
		t.Error("a lost race left the namespace guarded")
	}
}
