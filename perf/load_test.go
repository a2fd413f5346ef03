package main

import (
	"bytes"
	"context"
	"io"
	"runtime"
	"testing"
	"time"

	"github.com/flowlabel/flowlabel/core"
	"github.com/flowlabel/flowlabel/perf/capture"
	"github.com/flowlabel/flowlabel/perf/pkt"
)

func newTestLoad(t *testing.T, sockets, workers int) *load {
	t.Helper()
	c, err := capture.Read(bytes.NewReader(builtIn))
	if err != nil {
		t.Fatal(err)
	}
	l, err := newLoad(c, sockets, workers)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.close)
	return l
}

// The built-in capture holds what it was made to hold.
func TestBuiltIn(t *testing.T) {
	c, err := capture.Read(bytes.NewReader(builtIn))
	if err != nil {
		t.Fatal(err)
	}
	protocols, extended := make(map[uint8]int), 0
	for _, f := range c.Flows {
		protocols[f.Key.Protocol]++
		if f.Packets[0][6] != f.Key.Protocol {
			extended++
		}
	}
	for _, p := range []uint8{pkt.TCP, pkt.UDP, pkt.ICMPv6} {
		if protocols[p] == 0 {
			t.Errorf("no flow of protocol %d", p)
		}
	}
	if extended == 0 {
		t.Error("no extension headers")
	}
}

// No two sockets send packets of the same flow, and every worker, controller and
// namespace has its part of them.
func TestMultiply(t *testing.T) {
	const sockets, workers = 1 << 15, 4
	l := newTestLoad(t, sockets, workers)
	if len(l.flows) < sockets {
		t.Errorf("%d flows", len(l.flows))
	}
	seen := make(map[pkt.Key]bool)
	for i := range l.flows {
		key := pkt.Flow(l.flows[i].packet)
		if seen[key] {
			t.Errorf("flow %d: %+v is another's, too", i, key)
		}
		seen[key] = true
	}
	for _, s := range l.spaces {
		if share := float64(s.flows) / float64(len(l.flows)) * float64(len(l.spaces)); share < 0.9 || share > 1.1 {
			t.Errorf("namespace %d of %d has %d flows of %d", s.number, len(l.spaces), s.flows, len(l.flows))
		}
	}
	worked, controlled := make(map[*flow]int), make(map[*flow]int)
	for i, w := range l.workers {
		spaces := make(map[*space]bool)
		for _, f := range w.flows {
			worked[f]++
			spaces[f.home.space] = true
		}
		if len(spaces) != len(l.spaces) {
			t.Errorf("worker %d sends in %d namespaces of %d", i, len(spaces), len(l.spaces))
		}
	}
	for _, c := range l.controllers {
		for _, f := range c.flows {
			controlled[f]++
		}
	}
	for i := range l.flows {
		if f := &l.flows[i]; worked[f] != 1 || controlled[f] != 1 {
			t.Errorf("flow %d has %d workers and %d controllers", i, worked[f], controlled[f])
		}
	}
}

// A run that lasts long enough sees everything that there is to see: it ends
// when it has.
func TestEverythingHappens(t *testing.T) {
	l := newTestLoad(t, 1<<13, runtime.GOMAXPROCS(0))
	l.settle()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			s := l.eng.Stats()
			_, verified := l.sent()
			if s.Revived > 0 && s.Expired > 0 && s.Reclaimed > 0 && s.Reused > 0 && verified > 10_000 {
				cancel()
			}
			time.Sleep(10 * time.Millisecond) // only to leave the cores to the load
		}
	}()
	l.drive(ctx, time.Hour, nil, nil)
	cancel()
	<-done
	l.audit()
	r := l.result()
	if r.mismatch != "" {
		t.Error(r.mismatch)
	}
	for _, v := range []core.Verdict{core.Refused, core.Allowed, core.AllowedWithHeaders} {
		if r.verdicts[v] == 0 {
			t.Errorf("no packet with verdict %v", verdicts[v])
		}
	}
	for _, kind := range []error{core.ErrNotFound, core.ErrLabel, core.ErrNotShared} {
		if r.stats.Refused[kind] == 0 {
			t.Errorf("nothing refused as %v", kind)
		}
	}
	if float64(r.verified) < 0.01*float64(r.sent) {
		t.Errorf("%d packets of %d verified", r.verified, r.sent)
	}
}

// The audit finds a lease that the model knows nothing of, and one that it knows
// of and the engine does not.
func TestAudit(t *testing.T) {
	for name, damage := range map[string]func(t *testing.T, l *load, f *flow){
		"a lease beside the model": func(t *testing.T, _ *load, f *flow) {
			if _, err := f.sock.Get(f.home.group.request(f.home.dst)); err != nil {
				t.Fatal(err)
			}
		},
		"a lease in the model alone": func(t *testing.T, l *load, f *flow) {
			if err := f.home.space.model.Take(f.home.id, 5, f.home.group.terms(), l.now()); err != nil {
				t.Fatal(err)
			}
		},
		"a socket closed beside the model": func(t *testing.T, _ *load, f *flow) {
			if err := f.sock.Close(); err != nil {
				t.Fatal(err)
			}
		},
	} {
		l := newTestLoad(t, 2048, 2)
		l.settle()
		l.audit()
		if text := l.failures.text(); text != "" {
			t.Fatalf("%s: before: %s", name, text)
		}
		damage(t, l, l.workers[0].flows[0])
		l.audit()
		if l.failures.count.Load() == 0 {
			t.Errorf("%s: not found", name)
		}
	}
}

// A flow that is changed while it is verified is passed over.
func TestVerifyInMotion(t *testing.T) {
	l := newTestLoad(t, 2048, 1)
	l.settle()
	w := l.workers[0]
	for name, c := range map[string]struct{ before, meanwhile uint32 }{
		"change begins":            {0, 1},
		"change ends":              {1, 1},
		"change goes on":           {1, 0},
		"a change from end to end": {0, 2},
	} {
		f := w.flows[0]
		f.version.Store(c.before)
		w.tamper = func(b *burst) {
			f.version.Add(c.meanwhile)
			b.verdicts[0] = core.Stale
		}
		w.next = 0
		verified, passedOver := w.verified.Load(), w.passedOver
		w.verify(w.nextBurst())
		if w.verified.Load()-verified != burstLen-1 || w.passedOver-passedOver != 1 || l.failures.text() != "" {
			t.Errorf("%s: %d verified, %d passed over, mismatch %q",
				name, w.verified.Load()-verified, w.passedOver-passedOver, l.failures.text())
		}
	}
}

func TestLive(t *testing.T) {
	if newLive(io.Discard) != nil {
		t.Error("a live line for what is no file")
	}
	l := newTestLoad(t, 2048, 1)
	var b bytes.Buffer
	v := &live{w: &b}
	v.show(l, livePeriod/2)
	if b.Len() != 0 {
		t.Errorf("too early: %q", b.String())
	}
	v.show(l, livePeriod)
	v.end()
	if got := b.String(); got[0] != '\r' || bytes.ContainsRune(b.Bytes(), '\n') {
		t.Errorf("%q", got)
	}
}
