package core_test

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/flowlabel/flowlabel/core"
)

// may asks about a label by a packet and by a connect, which have to agree.
func (b *rig) may(t *testing.T, s core.Socket, label core.Label, want core.Verdict) {
	t.Helper()
	if v := b.check(s, label); v != want {
		t.Errorf("verdict %d on label %#x, want %d", v, label, want)
	}
	err := s.Connect(label)
	if refused := want == core.Refused; errors.Is(err, core.ErrRefused) != refused || (err != nil) != refused {
		t.Errorf("Connect(%#x): %v, want it refused: %v", label, err, refused)
	}
}

// TestExclusiveInNamespace sees labels checked while, and only while, the
// namespace guards one: from the first such lease to the death of the last.
func TestExclusiveInNamespace(t *testing.T) {
	raw := &core.Credentials{Privileges: core.NetRaw}
	for name, guard := range map[string]core.Request{
		"exclusive": {Share: core.Exclusive},
		"process":   {Share: core.Process},
		"user":      {Share: core.User},
		"headers":   {Share: core.Any, Headers: &core.Headers{HopByHop: header(8, 0)}, By: raw},
		"routing":   {Share: core.Any, Headers: &core.Headers{Routing: header(8, 0)}},
	} {
		t.Run(name, func(t *testing.T) {
			b := newRig(t, core.Options{})
			ns, other := b.space("a"), b.space("b")
			s, s2, s3 := b.socket(ns, 1), b.socket(ns, 2), b.socket(other, 1)
			b.lease(s, 1, core.Any, 0)
			b.may(t, s2, 3, core.Allowed)
			for _, label := range []core.Label{2, 3} {
				guard.Label, guard.Dst, guard.Create = label, dst1, true
				b.get(s, guard)
			}
			b.put(s, 2)
			b.wait(2 * tick) // one of two has died
			held := core.Allowed
			if guard.Headers != nil {
				held = core.AllowedWithHeaders
			}
			b.may(t, s, 3, held)
			b.may(t, s, 1, core.Allowed)
			b.may(t, s, 0, core.Allowed)
			b.may(t, s, 4, core.Refused)
			b.may(t, s2, 1, core.Refused) // leased to all, but not by this socket
			b.may(t, s2, 3, core.Refused)
			b.may(t, s2, 0, core.Allowed)
			b.may(t, s3, 3, core.Allowed)
			b.put(s, 3)
			b.may(t, s2, 4, core.Refused) // a lingering lease guards
			b.may(t, s, 3, core.Refused)
			b.wait(2 * tick)
			b.may(t, s2, 4, core.Allowed)
		})
	}
}

// TestGuardGivenBack sees a request that would guard, but fails, leave the
// namespace open; and a purge and a socket's close open it again.
func TestGuardGivenBack(t *testing.T) {
	b := newRig(t, core.Options{MaxSocketEntries: 1})
	ns := b.space("a")
	s, s2 := b.socket(ns, 1), b.socket(ns, 2)
	b.lease(s, 1, core.Any, time.Second)
	for range 3 {
		if _, err := s.Get(core.Request{Dst: dst1, Share: core.Exclusive, Create: true}); !errors.Is(err, core.ErrSocketFull) {
			t.Fatal(err)
		}
		b.may(t, s2, 9, core.Allowed)
	}
	b.lease(s2, 2, core.Exclusive, time.Second)
	b.may(t, s, 9, core.Refused)
	b.put(s2, 2)
	ns.Purge()
	b.may(t, s, 9, core.Allowed)
	b.lease(s2, 2, core.Exclusive, 0)
	_ = s2.Close()
	b.may(t, s, 9, core.Refused)
	b.wait(2 * tick)
	b.may(t, s, 9, core.Allowed)
}

// TestExclusiveInEngine: a namespace where nothing that guards was ever asked
// for is open; elsewhere labels are checked while any namespace guards one.
func TestExclusiveInEngine(t *testing.T) {
	b := newRig(t, core.Options{Rules: core.Rules{Policy: core.ExclusiveInEngine}})
	asks, never, guards := b.space("asks"), b.space("never"), b.space("guards")
	s1, s2, s3 := b.socket(asks, 1), b.socket(never, 1), b.socket(guards, 1)
	b.may(t, s1, 9, core.Allowed)
	// Refused, and yet it has been asked for.
	if _, err := s1.Get(core.Request{Label: 1, Dst: dst1, Share: core.User}); !errors.Is(err, core.ErrNotFound) {
		t.Fatal(err)
	}
	b.may(t, s1, 9, core.Allowed)
	b.lease(s3, 1, core.Exclusive, 0)
	b.may(t, s1, 9, core.Refused)
	b.may(t, s2, 9, core.Allowed)
	b.may(t, s3, 9, core.Refused)
	b.put(s3, 1)
	b.wait(2 * tick)
	b.may(t, s1, 9, core.Allowed)
	b.may(t, s3, 9, core.Allowed)
	b.lease(s1, 1, core.Exclusive, 0)
	b.may(t, s3, 9, core.Refused)
	b.may(t, s2, 9, core.Allowed)
	b.lease(s1, 2, core.Exclusive, 0)
	if err := asks.Close(); err != nil {
		t.Fatal(err)
	}
	b.may(t, s3, 9, core.Allowed)
}

func TestStrict(t *testing.T) {
	b := newRig(t, core.Options{Rules: core.Rules{Policy: core.Strict}})
	ns := b.space("a")
	s, s2 := b.socket(ns, 1), b.socket(ns, 2)
	b.may(t, s, 1, core.Refused)
	b.may(t, s, 0, core.Allowed)
	b.lease(s, 1, core.Any, 0)
	b.lease(s, 2, core.Exclusive, 0)
	b.may(t, s, 1, core.Allowed)
	b.may(t, s2, 1, core.Refused)
	b.put(s, 2)
	b.wait(2 * tick)
	b.may(t, s2, 1, core.Refused)
}

// TestPingUnchecked: ping sockets may send any label, under any policy; their
// connects are checked like others'.
func TestPingUnchecked(t *testing.T) {
	for policy := range core.Strict + 1 {
		b := newRig(t, core.Options{Rules: core.Rules{Policy: policy}})
		ns, s := guarded(b, "a")
		ping := b.socketWith(ns, core.SocketOptions{Protocol: core.Ping})
		if v := b.check(ping, 99); v != core.Allowed {
			t.Errorf("verdict %d on another's label", v)
		}
		if v := b.check(ping, 4); v != core.Allowed {
			t.Errorf("verdict %d on a label that nobody holds", v)
		}
		if err := ping.Connect(4); !errors.Is(err, core.ErrRefused) {
			t.Errorf("Connect: %v, want ErrRefused", err)
		}
		b.may(t, s, 4, core.Refused)
		_ = ping.Close()
		if v := b.check(ping, 4); v != core.Stale {
			t.Errorf("verdict %d on a closed ping socket", v)
		}
	}
}

// TestManyEntries checks labels on lists of every size.
func TestManyEntries(t *testing.T) {
	b := newRig(t, core.Options{})
	ns := b.space("a")
	s := b.socket(ns, 1)
	for n := core.Label(1); n <= 120; n++ {
		b.lease(s, n, core.Exclusive, 0)
		for _, label := range []core.Label{1, n, n/2 + 1, n + 1} {
			want := core.Allowed
			if label > n {
				want = core.Refused
			}
			if v := b.check(s, label); v != want {
				t.Fatalf("verdict %d on label %d of %d", v, label, n)
			}
		}
	}
}

// TestGuardRaces has leases that guard come and go in one namespace. Whoever
// holds one may rely on it: at no moment is another label allowed.
func TestGuardRaces(t *testing.T) {
	b := newRig(t, core.Options{})
	ns := b.space("a")
	rounds := 50_000
	if raceEnabled || testing.Short() {
		rounds = 5_000
	}
	var open atomic.Int64
	var crowd sync.WaitGroup
	for i := range core.Label(3) {
		s := b.socket(ns, uint64(i))
		r := b.Reader(fmt.Sprint(i))
		crowd.Go(func() {
			defer r.Close()
			for range rounds {
				req := core.Request{Label: i + 1, Dst: dst1, Share: core.Exclusive, Create: true}
				if _, err := s.Get(req); err != nil {
					continue // not purged yet
				}
				r.Enter()
				if r.Check(s, 1000) != core.Refused {
					open.Add(1)
				}
				r.Exit()
				_ = s.Put(i + 1)
				ns.Purge()
			}
		})
	}
	crowd.Wait()
	if n := open.Load(); n != 0 {
		t.Errorf("%d times a label was free to use although a lease guarded the namespace", n)
	}
	b.may(t, b.socket(ns, 9), 1000, core.Allowed)
}
