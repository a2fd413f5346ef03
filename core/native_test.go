package core_test

import (
	"errors"
	"testing"
	"time"

	"github.com/flowlabel/flowlabel/core"
)

// linux returns Linux's rules without quotas.
func linux() core.Rules {
	r := core.Linux618()
	r.Quota = core.Quota{}
	return r
}

// TestRefusalProlongs: a neighbour who asks for a lingering label again and
// again keeps it blocked under Linux's rules, and does not in native mode.
func TestRefusalProlongs(t *testing.T) {
	const linger = 10 * time.Second
	for name, x := range map[string]struct {
		rules core.Rules
		want  bool
	}{
		"native":         {core.Rules{}, false},
		"Linux":          {linux(), true},
		"native, counts": {core.Rules{RefusalCounts: true}, true},
	} {
		t.Run(name, func(t *testing.T) {
			b := newRig(t, core.Options{Rules: x.rules})
			ns := b.space("a")
			s, neighbour := b.socket(ns, 1), b.socket(ns, 2)
			b.lease(s, 1, core.Exclusive, linger)
			b.put(s, 1)
			for range 9 {
				b.wait(linger / 10)
				for _, req := range []core.Request{
					{Label: 1, Dst: dst1, Share: core.Any, Create: true},
					{Label: 1, Dst: dst1, Share: core.Any, Create: true, Linger: time.Minute, Expires: time.Minute},
					{Label: 1, Dst: dst1, Share: core.Exclusive, Create: true, Fresh: true},
				} {
					if _, err := neighbour.Get(req); !errors.Is(err, core.ErrNotShared) && !errors.Is(err, core.ErrExists) {
						t.Fatal(err)
					}
				}
			}
			b.wait(linger/10 + tick)
			if alive(ns, 1) != x.want {
				t.Errorf("after refusals the label is blocked: %v, want %v", alive(ns, 1), x.want)
			}
			b.wait(linger) // a whole linger after the last refusal
			if alive(ns, 1) {
				t.Error("the label is blocked for ever")
			}
		})
	}
}

// TestLingerEnds sees lingers of all lengths end in time: not before the
// deadline, and at most a tick after it.
func TestLingerEnds(t *testing.T) {
	longest := tick << 30
	for _, linger := range []time.Duration{0, 1, tick - 1, tick, tick + 1, time.Second, 12345678910, time.Hour, longest} {
		for _, start := range []time.Duration{0, 1, tick - 1, tick, 7777777} {
			b := newRig(t, core.Options{})
			b.now.Store(int64(start))
			ns := b.space("a")
			s := b.socket(ns, 1)
			b.lease(s, 1, core.Any, linger)
			if l, _ := find(ns, 1); l.Linger != max(linger, tick) || l.Expires != l.Linger {
				t.Fatalf("linger %v, expires in %v after asking for %v", l.Linger, l.Expires, linger)
			}
			b.put(s, 1)
			if b.wait(max(linger, tick) - 1); !alive(ns, 1) {
				t.Errorf("a linger of %v from %v ended early", linger, start)
			}
			if b.wait(1 + tick); alive(ns, 1) {
				t.Errorf("a linger of %v from %v lasts more than a tick too long", linger, start)
			}
		}
	}
}

// asAskedOrNot are the two ways to list the expires of a lease in use.
var asAskedOrNot = []core.Rules{{}, {ExpiresAsAsked: true}}

// TestHeldForEver: a lease with users never ends.
func TestHeldForEver(t *testing.T) {
	for _, rules := range asAskedOrNot {
		b := newRig(t, core.Options{Rules: rules})
		ns := b.space("a")
		s := b.socket(ns, 1)
		b.lease(s, 1, core.Any, time.Second)
		b.lease(s, 1, core.Any, time.Second)
		b.put(s, 1)
		for range 10 {
			b.wait(time.Hour)
		}
		if ns.Purge() != 0 || !alive(ns, 1) {
			t.Error("a held lease ended")
		}
		want := time.Second
		if rules.ExpiresAsAsked {
			want -= 10 * time.Hour
		}
		if l, _ := find(ns, 1); l.Users != 1 || l.Expires != want {
			t.Errorf("%+v, want an expires of %v", l, want)
		}
	}
}

// TestLongestRequestCounts: linger and expires are the largest of all requests.
func TestLongestRequestCounts(t *testing.T) {
	for _, rules := range asAskedOrNot {
		longestRequestCounts(t, newRig(t, core.Options{Rules: rules}), rules.ExpiresAsAsked)
	}
}

func longestRequestCounts(t *testing.T, b *rig, asAsked bool) {
	ns := b.space("a")
	s, s2 := b.socket(ns, 1), b.socket(ns, 2)
	look := func(linger, expires time.Duration, users int) {
		t.Helper()
		if !asAsked {
			expires = max(expires, linger)
		}
		if l, _ := find(ns, 1); l.Linger != linger || l.Expires != expires || l.Users != users || l.Dst != dst1 {
			t.Errorf("%+v, want linger %v, expires %v, %d users", l, linger, expires, users)
		}
	}
	ask := func(s core.Socket, linger, expires time.Duration) {
		b.get(s, core.Request{Label: 1, Dst: dst2, Share: core.Any, Linger: linger, Expires: expires, Create: true})
	}
	b.get(s, core.Request{Label: 1, Dst: dst1, Share: core.Any, Linger: 2 * time.Second, Create: true})
	look(2*time.Second, 2*time.Second, 1)
	ask(s2, time.Second, 5*time.Second)
	look(2*time.Second, 5*time.Second, 2)
	ask(s2, 3*time.Second, 0)
	look(3*time.Second, 5*time.Second, 3)
	if err := s.Renew(core.Request{Label: 1, Linger: 4 * time.Second}); err != nil {
		t.Fatal(err)
	}
	look(4*time.Second, 5*time.Second, 3)
	if err := s.Renew(core.Request{Label: 1, Expires: 7 * time.Second}); err != nil {
		t.Fatal(err)
	}
	look(4*time.Second, 7*time.Second, 3)
	for _, s := range []core.Socket{s, s2, s2} {
		b.put(s, 1)
	}
	b.wait(6 * time.Second)
	ask(s, 0, 0) // revival keeps what was promised
	look(4*time.Second, time.Second, 1)
	b.put(s, 1)
	b.wait(4*time.Second - 1) // the linger begins anew
	if !alive(ns, 1) {
		t.Error("a revived lease ended early")
	}
	if b.wait(1 + tick); alive(ns, 1) {
		t.Error("a revived lease lasts too long")
	}
}

// TestRevivalIgnoresQuota: in native mode a lingering lease comes back although
// there is no room for a new one; under Linux's rules it does not.
func TestRevivalIgnoresQuota(t *testing.T) {
	for _, linux := range []bool{false, true} {
		b := newRig(t, core.Options{Rules: core.Rules{Quota: core.Quota{Total: 2}, QuotaBeforeRevival: linux}})
		ns := b.space("a")
		s := b.socket(ns, 1)
		b.lease(s, 1, core.Any, time.Second)
		b.lease(s, 2, core.Any, time.Second)
		b.put(s, 1)
		req := core.Request{Label: 1, Dst: dst1, Share: core.Any, Create: true}
		if linux {
			b.refuses(t, refusal{"", getting(s, req), core.ErrQuota, "2 leases"}, []*core.Namespace{ns}, s)
			continue
		}
		b.get(s, req)
		if st := b.Stats(); st.Revived != 1 || st.Leases != 2 {
			t.Errorf("%+v", st)
		}
	}
}

// TestOwners: who shares a lease is said by the request's credentials, or the
// socket's when it has none.
func TestOwners(t *testing.T) {
	b := newRig(t, core.Options{})
	ns := b.space("a")
	of := func(process, user uint64) *core.Credentials { return &core.Credentials{Process: process, User: user} }
	s := b.socketWith(ns, core.SocketOptions{Owner: *of(1<<40|7, 1<<50|8)})
	for share, x := range map[core.Share]struct {
		owner       uint64
		same, other *core.Credentials
	}{
		core.Process: {1<<40 | 7, of(1<<40|7, 0), of(7, 1<<50|8)},
		core.User:    {1<<50 | 8, of(0, 1<<50|8), of(1<<40|7, 8)},
		core.Any:     {0, of(9, 9), nil},
	} {
		label := b.lease(s, 0, share, 0)
		if l, _ := find(ns, label); l.Owner != x.owner || l.Share != share {
			t.Errorf("%v: %+v", share, l)
		}
		join := core.Request{Label: label, Dst: dst1, Share: share}
		b.get(s, join) // by the socket's owner
		join.By = x.same
		b.get(b.socket(ns, 3), join)
		if x.other == nil {
			continue
		}
		join.By = x.other
		if _, err := s.Get(join); !errors.Is(err, core.ErrNotShared) {
			t.Errorf("%v by %+v: %v, want ErrNotShared", share, x.other, err)
		}
	}
}

// TestRenewOthers: with NetAdmin and share None a lease can be renewed that is
// not on the socket's list, as long as it has users.
func TestRenewOthers(t *testing.T) {
	b := newRig(t, core.Options{})
	ns := b.space("a")
	s, admin := b.socket(ns, 1), b.socketWith(ns, core.SocketOptions{Owner: core.Credentials{Privileges: core.NetAdmin}})
	b.lease(s, 1, core.Exclusive, time.Second)
	b.lease(s, 2, core.Exclusive, time.Second)
	b.put(s, 2)
	req := core.Request{Label: 1, Linger: time.Minute}
	renewing := func(s core.Socket, req core.Request) func() error { return func() error { return s.Renew(req) } }
	shared := req
	shared.Share = core.Any
	b.refusesAll(t, []refusal{
		{"not admin", renewing(b.socket(ns, 1), req), core.ErrNotHeld, "0x1"},
		{"admin with a share", renewing(admin, shared), core.ErrNotHeld, "0x1"},
		{"lingering", renewing(admin, core.Request{Label: 2}), core.ErrNotHeld, "0x2"},
		{"none", renewing(admin, core.Request{Label: 3}), core.ErrNotHeld, "0x3"},
		{"of the list, by another mode", renewing(admin, core.Request{Label: 1, Linger: -1}), core.ErrLinger, "-1ns"},
	}, []*core.Namespace{ns}, s, admin)
	if err := admin.Renew(req); err != nil {
		t.Fatal(err)
	}
	if l, _ := find(ns, 1); l.Linger != time.Minute || l.Users != 1 {
		t.Errorf("%+v", l)
	}
	shared.Linger = time.Hour // on its own list the mode does not matter
	if err := s.Renew(shared); err != nil {
		t.Fatal(err)
	}
}

// TestMaxLinger: callers without Admin may not ask for more than MaxLinger.
func TestMaxLinger(t *testing.T) {
	b := newRig(t, core.Options{Rules: core.Rules{MinLinger: time.Second, MaxLinger: time.Minute}})
	ns := b.space("a")
	s := b.socket(ns, 1)
	admin := &core.Credentials{Privileges: core.Admin}
	over := core.Request{Label: 1, Dst: dst1, Share: core.Any, Create: true, Linger: time.Minute + 1}
	b.refuses(t, refusal{"", getting(s, over), core.ErrLinger, "1m0.000000001s"}, []*core.Namespace{ns}, s)
	over.Linger, over.Expires = time.Minute, time.Minute+1
	b.refuses(t, refusal{"", getting(s, over), core.ErrExpires, "1m0.000000001s"}, []*core.Namespace{ns}, s)
	over.By = admin
	b.get(s, over)
	over.By = nil
	b.refuses(t, refusal{"", func() error { return s.Renew(over) }, core.ErrExpires, "1m"}, []*core.Namespace{ns}, s)
	b.lease(s, 2, core.Any, 0)
	if l, _ := find(ns, 2); l.Linger != time.Second || l.Expires != time.Second {
		t.Errorf("the shortest linger is %v", l.Linger)
	}
}

// TestClockSpared: a Get reads the clock if it asks for more than the linger, or if what it
// asks for is to be listed.
func TestClockSpared(t *testing.T) {
	for _, rules := range asAskedOrNot {
		b := newRig(t, core.Options{Rules: rules})
		ns := b.space("a")
		s, s2 := b.socket(ns, 1), b.socket(ns, 2)
		for _, x := range []struct {
			what            string
			s               core.Socket
			linger, expires time.Duration
			readings        int
		}{
			{"creation", s, 2 * time.Second, 0, 0},
			{"join", s2, 0, 0, 0},
			{"join for as long as the linger", s2, time.Second, 2 * time.Second, 0},
			{"join for longer than the linger", s2, time.Second, 2*time.Second + 1, 1},
			{"join with a longer linger", s2, 3 * time.Second, 2 * time.Second, 0},
		} {
			want := int64(x.readings)
			if rules.ExpiresAsAsked {
				want = 1
			}
			b.readings.Store(0)
			b.get(x.s, core.Request{Label: 1, Dst: dst1, Share: core.Any, Create: true, Linger: x.linger, Expires: x.expires})
			if readings := b.readings.Load(); readings != want {
				t.Errorf("%s, %+v: %d readings of the clock, want %d", x.what, rules, readings, want)
			}
		}
	}
}
