package core_test

import (
	"testing"

	"github.com/flowlabel/flowlabel/core"
)

// TestReceived: a label that came in is noted; a socket that reflects takes it
// for its current one, too. Only the last 20 bits count.
func TestReceived(t *testing.T) {
	b := newRig(t, core.Options{})
	ns := b.space("a")
	must(t, ns.SetSettings(core.Settings{}))
	s, tup := b.socket(ns, 1), tuple(t, 1000)
	must(t, s.Bind(tup))
	must(t, s.ChooseAutoLabels(core.AutoOff))
	must(t, s.Connect(3))
	r := b.Reader("test")
	defer r.Close()
	state := func(current, remote core.Label, reflects bool) {
		t.Helper()
		c, is, err := s.Current()
		rem, err2 := s.Remote()
		if c != current || rem != remote || is != reflects || err != nil || err2 != nil {
			t.Errorf("current %#x, remote %#x, reflects %v, want %#x, %#x, %v", c, rem, is, current, remote, reflects)
		}
	}
	receive := func(label core.Label) {
		t.Helper()
		r.Enter()
		defer r.Exit()
		if v := r.Receive(ns, packetOf(tup.Reversed(), label)); v != core.Allowed {
			t.Error(v)
		}
	}
	receive(7)
	state(3, 7, false)
	s.Received(0xabc_00008)
	state(3, 8, false)
	must(t, s.Reflect())
	state(3, 8, true)
	receive(8)
	state(8, 8, true) // the same label as before, and yet new to the socket
	must(t, s.Connect(4))
	s.Received(8)
	state(8, 8, true)
	receive(0)
	state(0, 0, true)
	receive(9)
	must(t, s.StopReflecting())
	state(0, 9, false)
	if auto, err := s.AutoLabels(); auto || err != nil {
		t.Error("a label that came in has changed the socket's choice")
	}
	must(t, s.Close())
	s.Received(5)
	r.Enter()
	defer r.Exit()
	if v := r.Receive(ns, packetOf(tup.Reversed(), 5)); v != core.Unbound {
		t.Errorf("%v after Close", v)
	}
}
