//go:build !race && !invariants

package core_test

import (
	"testing"
	"time"

	"github.com/flowlabel/flowlabel/core"
)

// TestNoAllocations holds the calls that a program makes often to their word.
func TestNoAllocations(t *testing.T) {
	for name, policy := range map[string]core.Policy{
		"namespace": core.ExclusiveInNamespace, "engine": core.ExclusiveInEngine, "strict": core.Strict,
	} {
		t.Run(name, func(t *testing.T) {
			b := newRig(t, core.Options{Rules: core.Rules{Policy: policy}})
			ns, open := b.space("a"), b.space("open")
			s, s2, s3 := b.socket(ns, 1), b.socket(ns, 2), b.socket(open, 1)
			for label := core.Label(1); label <= 20; label++ {
				b.lease(s, label, core.User, time.Second)
			}
			b.lease(s, 21, core.Any, time.Second)
			b.lease(s2, 22, core.Any, time.Second) // its list is made
			b.lease(s3, 1, core.Any, time.Second)
			shut := b.socket(ns, 3)
			must(t, shut.Close())
			r := b.Reader("test")
			defer r.Close()
			join := core.Request{Label: 21, Dst: dst1, Share: core.Any}
			revive := core.Request{Label: 22, Dst: dst1, Share: core.Any, Create: true}
			for what, f := range map[string]func(){
				"Check": func() {
					r.Enter()
					for _, s := range []core.Socket{s, s2, s3, shut, {}} {
						_, _, _ = r.Check(s, 1), r.Check(s, 20), r.Check(s, 99)
						_ = r.Headers(s, 1)
					}
					r.Exit()
				},
				"join":    func() { b.get(s2, join); b.put(s2, 21) },
				"revive":  func() { b.put(s2, 22); b.get(s2, revive) },
				"Renew":   func() { must(t, s.Renew(core.Request{Label: 1, Linger: time.Second})) },
				"Connect": func() { must(t, s.Connect(1)); _, _, _ = s.Current() },
				"Received": func() {
					for _, s := range []core.Socket{s, shut, {}} {
						s.Received(1)
						s.Received(2)
					}
				},
				"Query":    func() { must(t, s.Connect(1)); _, err := s.Query(); must(t, err) },
				"Advance":  func() { b.now.Add(int64(tick)); b.Advance(0) },
				"Settings": func() { must(t, ns.SetSettings(ns.Settings())) },
			} {
				if n := testing.AllocsPerRun(200, f); n != 0 {
					t.Errorf("%s: %v allocations", what, n)
				}
			}
		})
	}
}

// TestLifecycleAllocations: once the tables are as large as they need to be, a
// lease comes and goes without an allocation.
func TestLifecycleAllocations(t *testing.T) {
	b := newRig(t, core.Options{Shards: 1})
	s := b.socket(b.space("a"), 1)
	cycle := func() {
		for range 50 {
			b.put(s, b.lease(s, 0, core.Exclusive, 0))
		}
		b.wait(2 * tick)
		b.drain()
	}
	for range 20 {
		cycle()
	}
	if n := testing.AllocsPerRun(50, cycle); n != 0 {
		t.Errorf("%v allocations for 50 leases", n)
	}
}
