package core_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/flowlabel/flowlabel/core"
)

// fill has sockets of their own lease n labels in all, for a caller whom no
// quota but the total concerns. Each socket holds at most 30.
func (b *rig) fill(ns *core.Namespace, n int) {
	b.Helper()
	var s core.Socket
	for i := range n {
		if i%30 == 0 {
			s = b.socketWith(ns, core.SocketOptions{Owner: core.Credentials{Privileges: core.Admin}})
		}
		b.lease(s, 0, core.Any, 0)
	}
}

// room says how many leases a caller can create; then they linger. With Admin he
// has several sockets, since what one holds does not matter then.
func (b *rig) room(t *testing.T, ns *core.Namespace, by core.Privileges) int {
	t.Helper()
	var sockets []core.Socket
	req := core.Request{Dst: dst1, Share: core.Any, Create: true}
	get := func(i int) error {
		if i == 0 || by == core.Admin && i%100 == 0 {
			sockets = append(sockets, b.socketWith(ns, core.SocketOptions{Owner: core.Credentials{Privileges: by}}))
		}
		return getting(sockets[len(sockets)-1], req)()
	}
	n := full(t, 10_000, get, core.ErrQuota)
	b.refuses(t, refusal{"", func() error { return get(1) }, core.ErrQuota, "leases"}, []*core.Namespace{ns}, sockets[0])
	for _, s := range sockets {
		_ = s.Close()
	}
	return n
}

// TestQuota drives each limit to its end, alone and in Linux's presets. Each
// case fills the engine with some leases and says how many more a socket can
// have, without privileges and with.
func TestQuota(t *testing.T) {
	l618, l2026 := core.Linux618().Quota, core.Linux2026().Quota
	for name, x := range map[string]struct {
		quota core.Quota
		alive int // in another namespace
		here  int
		want  int // for callers without Admin
		admin int // then, for those with
	}{
		"total":              {core.Quota{Total: 50}, 20, 10, 20, 0},
		"socket":             {core.Quota{Total: 50, Socket: 7}, 10, 0, 7, 33},
		"socket, free":       {core.Quota{Total: 50, Socket: 7, Free: 20}, 10, 0, 10, 30},
		"reserve":            {core.Quota{Total: 50, Reserve: 15}, 10, 0, 26, 14},
		"reserve, free":      {core.Quota{Total: 50, Reserve: 50, Free: 12}, 10, 0, 2, 38},
		"reserve for all":    {core.Quota{Total: 50, Reserve: 50}, 10, 0, 0, 40},
		"holder reserve":     {core.Quota{Total: 50, HolderReserve: 30}, 10, 0, 11, 29},
		"holder has one":     {core.Quota{Total: 50, HolderReserve: 30}, 40, 0, 1, 9},
		"both reserves":      {core.Quota{Total: 50, Reserve: 10, HolderReserve: 20}, 35, 0, 1, 14},
		"namespace":          {core.Quota{Total: 50, Namespace: 12}, 20, 5, 7, 18},
		"namespace, free":    {core.Quota{Total: 50, Namespace: 12, Free: 40}, 20, 5, 15, 10},
		"6.18, empty":        {l618, 0, 0, 32, 4064},
		"6.18, socket":       {l618, 100, 0, 32, 3964},
		"6.18, near half":    {l618, 2040, 0, 9, 2047},
		"6.18, half":         {l618, 2049, 0, 1, 2046},
		"6.18, three fourth": {l618, 3072, 0, 1, 1023},
		"6.18, beyond":       {l618, 3073, 0, 0, 1023},
		"6.18, full":         {l618, 4096, 0, 0, 0},
		"2026, near half":    {l2026, 4090, 0, 7, 4095},
		"2026, three fourth": {l2026, 6144, 0, 1, 2047},
		"2026, beyond":       {l2026, 6145, 0, 0, 2047},
		"2026, namespace":    {l2026, 0, 3060, 12, 5120},
		"2026, full":         {l2026, 8192, 0, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			b := newRig(t, core.Options{Rules: core.Rules{Quota: x.quota}})
			other, ns := b.space("other"), b.space("a")
			b.fill(other, x.alive)
			b.fill(ns, x.here)
			if n := b.room(t, ns, core.NetAdmin|core.NetRaw); n != x.want {
				t.Errorf("room for %d, want %d", n, x.want)
			}
			if n := b.room(t, ns, core.Admin); n != x.admin {
				t.Errorf("room for %d with Admin, want %d", n, x.admin)
			}
		})
	}
}

// TestQuotaReturns: a lease counts until it has ended, however it ends.
func TestQuotaReturns(t *testing.T) {
	b := newRig(t, core.Options{Rules: core.Rules{Quota: core.Quota{Total: 4, Namespace: 4}}})
	ns := b.space("a")
	for name, end := range map[string]func(core.Socket, core.Label){
		"expiry": func(s core.Socket, l core.Label) { b.put(s, l); b.wait(2 * tick) },
		"purge":  func(s core.Socket, l core.Label) { b.put(s, l); ns.Purge() },
		"close":  func(s core.Socket, l core.Label) { _ = s.Close(); ns.Purge() },
	} {
		for range 10 {
			s := b.socket(ns, 1)
			if n := b.room(t, ns, 0); n != 4 {
				t.Fatalf("%s: room for %d, want 4", name, n)
			}
			ns.Purge()
			for l := range ns.Leases() {
				t.Fatalf("%s: room left %+v", name, l)
			}
			end(s, b.lease(s, 0, core.User, 0))
			if n := b.Stats().Leases; n != 0 {
				t.Fatalf("%s: %d leases left", name, n)
			}
		}
	}
}

// TestQuotaHolds has many goroutines at the last leases: the limits hold to the
// last one, and nothing is lost by those who lose.
func TestQuotaHolds(t *testing.T) {
	const total, perSpace = 60, 40
	b := newRig(t, core.Options{Rules: core.Rules{Quota: core.Quota{Total: total, Namespace: perSpace}}})
	spaces := []*core.Namespace{b.space("a"), b.space("b")}
	rounds := 200
	for range rounds {
		var crowd sync.WaitGroup
		for i := range 4 {
			s := b.socket(spaces[i%2], uint64(i))
			crowd.Go(func() {
				for range perSpace {
					if _, err := s.Get(core.Request{Dst: dst1, Share: core.Exclusive, Create: true}); err != nil && !errors.Is(err, core.ErrQuota) {
						t.Error(err)
					}
				}
				_ = s.Close()
			})
		}
		crowd.Wait()
		sum := 0
		for _, ns := range spaces {
			n := 0
			for range ns.Leases() {
				n++
			}
			if sum += n; n > perSpace {
				t.Fatalf("%d leases in a namespace that may have %d", n, perSpace)
			}
		}
		if sum != total {
			t.Fatalf("%d leases, want %d", sum, total)
		}
		if n := spaces[0].Purge() + spaces[1].Purge(); n != sum || b.Stats().Leases != 0 {
			t.Fatalf("%d of %d purged, %d left", n, sum, b.Stats().Leases)
		}
	}
}

// TestQuotaRefusesNobodyElse has one caller refused again and again, since his
// socket is full: there is still room for another, to the last lease of the
// namespace, every time.
func TestQuotaRefusesNobodyElse(t *testing.T) {
	const perSocket, perSpace = 2, 3
	b := newRig(t, core.Options{Rules: core.Rules{Quota: core.Quota{Total: 50, Socket: perSocket, Namespace: perSpace}}})
	ns := b.space("a")
	refused, other := b.socket(ns, 1), b.socket(ns, 2)
	b.lease(refused, 0, core.Any, 0)
	b.lease(refused, 0, core.Any, 0)
	req := core.Request{Dst: dst1, Share: core.Any, Create: true}
	rounds := 20_000
	if raceEnabled { // the one who is refused has the lock most of the time
		rounds = 1000
	}
	var done atomic.Bool
	var crowd sync.WaitGroup
	crowd.Go(func() {
		for !done.Load() {
			if _, err := refused.Get(req); !errors.Is(err, core.ErrQuota) {
				t.Errorf("beyond the socket's limit: %v", err)
				return
			}
		}
	})
	for range rounds {
		label, err := other.Get(req)
		if err != nil {
			t.Errorf("the last lease of the namespace: %v", err)
			break
		}
		b.put(other, label)
		ns.Purge()
	}
	done.Store(true)
	crowd.Wait()
}
