package core_test

import (
	"runtime"
	"testing"
	"time"

	"github.com/flowlabel/flowlabel/core"
)

// TestReaderCloses: a reader may be closed several times, also inside a section,
// which ends by it, and another one may take its place.
func TestReaderCloses(t *testing.T) {
	b := newRig(t, core.Options{})
	s := b.socket(b.space("a"), 1)
	must(t, s.Bind(tuple(t, 1)))
	r := b.Reader("closed")
	r.Enter()
	r.Close()
	r.Close()
	must(t, s.Unbind(tuple(t, 1)))
	b.drain() // the section does not hold the flow's slot
	next := b.Reader("next")
	next.Enter()
	r.Close() // not the next one's
	if n := b.Stats().Readers.Readers; n != 1 {
		t.Errorf("%d readers, want 1", n)
	}
	next.Exit()
	next.Close()
	if n := b.Stats().Readers.Readers; n != 0 {
		t.Errorf("%d readers, want none", n)
	}
}

// TestReaderForgotten: a reader that is dropped without Close, even inside a
// section, is found by the collector, and what waited for it is reclaimed.
func TestReaderForgotten(t *testing.T) {
	b := newRig(t, core.Options{})
	s := b.socket(b.space("a"), 1)
	must(t, s.Bind(tuple(t, 1)))
	func() { b.Reader("forgotten").Enter() }()
	must(t, s.Unbind(tuple(t, 1)))
	for until := time.Now().Add(time.Minute); b.Stats().Readers.Readers != 0; runtime.Gosched() {
		if runtime.GC(); time.Now().After(until) {
			t.Fatal("the collector has not found the reader")
		}
	}
	b.drain()
	if n := inUse(b.Stats())["flows"]; n != 0 {
		t.Errorf("%d flows wait", n)
	}
}

// TestReaderOutlivesEngine uses a reader after the engine's Close, in a section
// that it was in and in a new one, and after the engine was dropped: the memory
// is still there, and nothing is found in it.
func TestReaderOutlivesEngine(t *testing.T) {
	r, ns, s := func() (*core.Reader, *core.Namespace, core.Socket) {
		eng, err := core.New(core.Options{})
		must(t, err)
		ns, err := eng.Namespace("a", core.NamespaceOptions{})
		must(t, err)
		s, err := ns.Socket(core.SocketOptions{})
		must(t, err)
		must(t, s.Bind(tuple(t, 1000)))
		r := eng.Reader("survivor")
		r.Enter()
		must(t, eng.Close())
		r.Exit()
		return r, ns, s
	}()
	for range 3 {
		runtime.GC()
		r.Enter()
		tup := tuple(t, 1000)
		p := udpPacket(tup, 0)
		if d := r.Label(ns, p); d.Verdict != core.Unbound || labelIn(p) != 0 {
			t.Errorf("%v on a packet", d.Verdict)
		}
		if v := r.Receive(ns, udpPacket(tup.Reversed(), 1)); v != core.Unbound {
			t.Errorf("%v on a packet that came in", v)
		}
		if d := r.Send(s, tup, core.Sending{}); d.Verdict != core.Stale {
			t.Errorf("%v on sending", d.Verdict)
		}
		if v := r.Check(s, 0); v != core.Stale {
			t.Errorf("%v on a check", v)
		}
		if _, ok := r.Find(ns, &tup); ok || r.ShareOf(ns, 1) != core.None || r.Headers(s, 1) != nil {
			t.Error("something is found in a closed engine")
		}
		r.Exit()
	}
	r.Close()
}

// TestReaderInsideClose keeps a reader in its section while the engine closes: a
// socket that was found stays what it was, and is closed.
func TestReaderInsideClose(t *testing.T) {
	b := newRig(t, core.Options{})
	ns := b.space("a")
	s := b.socket(ns, 1)
	tup := tuple(t, 1000)
	must(t, s.Bind(tup))
	r := b.Reader("inside")
	defer r.Close()
	r.Enter()
	found, ok := r.Find(ns, &tup)
	must(t, b.Close())
	b.Advance(0)
	if !ok || found != s {
		t.Errorf("found %v, %v", found, ok)
	}
	if d := r.Send(found, tup, core.Sending{}); d.Verdict != core.Stale {
		t.Errorf("%v after Close", d.Verdict)
	}
	r.Exit()
}

func labelIn(p []byte) core.Label { return core.Label(plainLabelOf(p)) }
