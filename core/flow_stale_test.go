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
		b.lease(s, 5, core.User, 0)
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
		if d := r.Label(old, udpPacket(tup, 5)); d.Verdict != core.Unbound && d.Verdict != core.Stale {
			t.Fatalf("round %d: %v on a packet of a closed namespace, with the label of another's lease", i, d.Verdict)
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

// TestBurstOfAnotherEngine asks a reader about a namespace of another engine, which
// is misuse: a burst looks where the single call does, in the reader's own.
func TestBurstOfAnotherEngine(t *testing.T) {
	own, other := newRig(t, core.Options{}), newRig(t, core.Options{})
	tup := tuple(t, 1000)
	ns := other.space("other")
	must(t, other.socket(ns, 1).Bind(tup))
	r := own.Reader("test")
	defer r.Close()
	r.Enter()
	defer r.Exit()
	sent, came := make([]core.Decision, 1), make([]core.Verdict, 1)
	r.LabelBurst(ns, [][]byte{udpPacket(tup, 0)}, sent)
	r.ReceiveBurst(ns, [][]byte{udpPacket(tup.Reversed(), 5)}, came)
	if one := r.Label(ns, udpPacket(tup, 0)); one.Verdict != core.Unbound || sent[0] != one || came[0] != core.Unbound {
		t.Fatalf("%v, in a burst %v and %v, in an engine without flows", one.Verdict, sent[0].Verdict, came[0])
	}
}
