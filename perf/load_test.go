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

// newTestLoad builds a load that has settled.
func newTestLoad(t *testing.T, flows, workers int) *load {
	t.Helper()
	c, err := capture.Read(bytes.NewReader(builtIn))
	if err != nil {
		t.Fatal(err)
	}
	l, err := newLoad(c, plan{flows: flows, leases: flows / 10, workers: workers, burst: 32, churn: 50_000, seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.close)
	if err := l.settle(); err != nil {
		t.Fatal(err)
	}
	return l
}

// The built-in capture holds what it was made to hold.
func TestBuiltIn(t *testing.T) {
	c, err := capture.Read(bytes.NewReader(builtIn))
	if err != nil {
		t.Fatal(err)
	}
	protocols, forms, extended := make(map[uint8]int), make(map[pkt.Form]int), 0
	for _, f := range c.Flows {
		protocols[f.Key.Protocol]++
		forms[f.Form]++
		if f.Packets[0][6] != f.Key.Protocol {
			extended++
		}
	}
	for _, p := range []uint8{pkt.TCP, pkt.UDP, pkt.ICMPv6} {
		if protocols[p] == 0 {
			t.Errorf("no flow of protocol %d", p)
		}
	}
	if extended == 0 || forms[pkt.Later] == 0 {
		t.Error("no extension headers, or no later fragments")
	}
}

// A load holds as many leases as it is told to, or nearly.
func TestLeases(t *testing.T) {
	c, err := capture.Read(bytes.NewReader(builtIn))
	if err != nil {
		t.Fatal(err)
	}
	for _, leases := range []int{1, 100, 2000, 4000} {
		l, err := newLoad(c, plan{flows: 4000, leases: leases, workers: 2, burst: 32, seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		if err := l.settle(); err != nil {
			t.Fatal(err)
		}
		got := 0
		for _, s := range l.spaces {
			got += s.model.Leased()
		}
		if got < leases/2 || got > leases+len(l.spaces)+len(l.controllers) {
			t.Errorf("%d leases, %d asked for", got, leases)
		}
		l.close()
	}
}

// A run that lasts long enough sees everything that there is to see: it ends
// when it has.
func TestEverythingHappens(t *testing.T) {
	l := newTestLoad(t, 20_000, runtime.GOMAXPROCS(0))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			s := l.eng.Stats()
			_, verified := l.sent()
			if s.Revived > 0 && s.Expired > 0 && s.Reclaimed > 0 && s.Reused > 0 && verified > 20_000 {
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
	for _, v := range []core.Verdict{
		core.Refused, core.Allowed, core.AllowedWithHeaders, core.Malformed, core.NoPorts, core.Unbound,
	} {
		if r.tally.verdicts[v] == 0 {
			t.Errorf("no packet with verdict %v", v)
		}
	}
	n := &r.tally
	for name, count := range map[string]int64{
		"headers inserted": n.inserted, "headers left out": n.leftOut, "asked for": n.explicit, "current": n.current,
		"reflected": n.reflected, "automatic": n.automatic, "no label": n.unlabeled, "received": r.received,
		"bound": r.binds, "unbound": r.unbinds, "opened": r.opened,
	} {
		if count == 0 {
			t.Errorf("%s: none", name)
		}
	}
	for _, kind := range []error{core.ErrNotFound, core.ErrLabel, core.ErrNotShared, core.ErrBound, core.ErrRefused} {
		if r.stats.Refused[kind] == 0 {
			t.Errorf("nothing refused as %v", kind)
		}
	}
	if float64(r.verified) < 0.01*float64(r.sent+r.received) {
		t.Errorf("%d packets of %d verified", r.verified, r.sent)
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
