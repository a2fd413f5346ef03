package main

import (
	"testing"

	"github.com/flowlabel/flowlabel/core"
	"github.com/flowlabel/flowlabel/perf/pkt"
)

// The audit finds a lease that the model knows nothing of, and one that it knows
// of and the engine does not; and so with flows, and labels that were received.
func TestAudit(t *testing.T) {
	for name, damage := range map[string]func(l *load, f *flow) error{
		"a lease beside the model": func(_ *load, f *flow) error {
			_, err := f.sock.endpoint().sock.Get(f.sock.group.request(f.sock.dst))
			return err
		},
		"a lease in the model alone": func(l *load, f *flow) error {
			return f.sock.space.model.Take(f.sock.endpoint().id, 5, f.sock.group.terms(), l.now())
		},
		"a socket closed beside the model": func(_ *load, f *flow) error {
			return f.sock.endpoint().sock.Close()
		},
		"a flow unbound beside the model": func(_ *load, f *flow) error {
			tuple, _ := f.tuple()
			return f.sock.endpoint().sock.Unbind(tuple)
		},
		"a flow that another socket has": func(_ *load, f *flow) error {
			tuple, _ := f.tuple()
			if err := f.sock.endpoint().sock.Unbind(tuple); err != nil {
				return err
			}
			other, err := f.sock.space.ns.Socket(core.SocketOptions{})
			if err != nil {
				return err
			}
			return other.Bind(tuple)
		},
		"a current label beside the model": func(_ *load, f *flow) error {
			f.label.Store(0)
			return f.sock.endpoint().sock.Connect(77)
		},
	} {
		l := newTestLoad(t, 2048, 2)
		l.audit()
		if text := l.failures.text(); text != "" {
			t.Fatalf("%s: before: %s", name, text)
		}
		if err := damage(l, openFlow(l)); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		l.audit() // packets ask for what they are told to from the second time on
		l.audit()
		if l.failures.count.Load() == 0 {
			t.Errorf("%s: not found", name)
		}
	}
}

// openFlow returns a flow in an open namespace whose packet can be read.
func openFlow(l *load) *flow {
	for i := range l.flows {
		f := &l.flows[i]
		if _, form := pkt.Read(f.packet); f.sock.space.open && f.sock.protocol == core.UDP && form == pkt.Told {
			return f
		}
	}
	return nil
}

// A flow that is changed while it is verified is passed over.
func TestVerifyInMotion(t *testing.T) {
	l := newTestLoad(t, 2048, 1)
	w := l.workers[0]
	list := &w.lists[0]
	for name, c := range map[string]struct{ before, meanwhile uint32 }{
		"change begins":            {0, 1},
		"change ends":              {1, 1},
		"change goes on":           {1, 0},
		"a change from end to end": {0, 2},
	} {
		b := list.burst(&w.burst, 0, w.burstLen)
		s, theirs := b.flows[0].sock, int64(0)
		for _, f := range b.flows {
			if f.sock == s {
				theirs++
			}
		}
		s.version.Store(c.before)
		w.tamper = func(b *burst) {
			s.version.Add(c.meanwhile)
			b.decisions[0].Verdict = core.Stale
		}
		verified, passedOver := w.verified.Load(), w.passedOver
		w.verify(b)
		if w.verified.Load()-verified != 32-theirs || w.passedOver-passedOver != theirs || l.failures.text() != "" {
			t.Errorf("%s: %d verified, %d passed over, mismatch %q",
				name, w.verified.Load()-verified, w.passedOver-passedOver, l.failures.text())
		}
	}
}
