package core_test

import (
	"bytes"
	"testing"

	"github.com/flowlabel/flowlabel/core"
)

// TestFlowsOfClosedNamespace uses a namespace after its Close, when another one
// has its place and the same flow: neither its sockets nor its packets are the
// other's.
func TestFlowsOfClosedNamespace(t *testing.T) {
	b := newRig(t, core.Options{MaxNamespaces: 1, Shards: 1})
	old := b.space("old")
	tup := tuple(t, 1000)
	must(t, b.socket(old, 1).Bind(tup))
	_ = old.Close()
	b.drain()
	r := b.Reader("test")
	defer r.Close()
	for i := range 200 { // enough to use every place
		ns := b.space("new")
		s := b.socket(ns, 1)
		must(t, s.Bind(tup))
		r.Enter()
		p := udpPacket(tup, 0)
		found := make([]core.Socket, 1)
		r.FindBurst(old, []core.Tuple{tup}, found)
		if _, ok := r.Find(old, &tup); ok || found[0] != (core.Socket{}) {
			t.Fatalf("round %d: a closed namespace has a flow", i)
		}
		if d := r.Label(old, p); d.Verdict != core.Unbound && d.Verdict != core.Stale || !bytes.Equal(p, udpPacket(tup, 0)) {
			t.Fatalf("round %d: %v on a packet of a closed namespace", i, d.Verdict)
		}
		if v := r.Receive(old, udpPacket(tup.Reversed(), 5)); v != core.Unbound && v != core.Stale {
			t.Fatalf("round %d: %v on a packet to a closed namespace", i, v)
		}
		r.Exit()
		if label, err := s.Remote(); label != 0 || err != nil {
			t.Fatalf("round %d: a packet of another namespace was noted: %#x, %v", i, label, err)
		}
		_ = ns.Close()
		b.drain()
	}
}
