package core_test

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/flowlabel/flowlabel/core"
)

const (
	historySpaces  = 2
	historySockets = 4
	historyLabels  = 5
	historyEntries = 6
)

// history is the engine and the model side by side.
type history struct {
	*rig
	m       model
	chosen  core.Label // what Options.Random gives next
	spaces  [historySpaces]*core.Namespace
	sockets [historySockets]core.Socket
	plain   [historySockets]modelSocket
}

func newHistory(t *testing.T, asAsked bool) *history {
	h := &history{m: model{
		asAsked: asAsked,
		quota:   core.Quota{Total: 6, Socket: 4, Namespace: 4},
		most:    historyEntries,
		leases:  make(map[place]*modelLease),
	}}
	h.rig = newRig(t, core.Options{
		Rules: core.Rules{Quota: h.m.quota, ExpiresAsAsked: asAsked}, MaxSocketEntries: historyEntries, Shards: 2,
		Random: func() uint32 { return uint32(h.chosen) },
	})
	for i := range h.spaces {
		h.spaces[i] = h.space(fmt.Sprint(i))
	}
	for i := range h.sockets {
		h.open(i, i%historySpaces)
	}
	return h
}

func (h *history) open(i, ns int) {
	h.sockets[i], h.plain[i] = h.socketWith(h.spaces[ns], core.SocketOptions{}), modelSocket{ns: ns}
}

// pass lets time pass. Then each lease that lingers must be there if its
// deadline is ahead, and gone if that is a tick past; in between it may be
// either, and the model takes over what the engine has.
func (h *history) pass(t *rapid.T, d time.Duration, budget int) {
	h.m.now += d
	h.rig.now.Store(int64(h.m.now))
	turns := 0
	for h.Advance(budget).Behind {
		if turns++; turns > 1000 {
			t.Fatal("Advance does not come to an end")
		}
	}
	for p, l := range h.m.leases {
		there := alive(h.spaces[p.ns], p.label)
		switch past := h.m.now - l.deadline(); {
		case there || l.users == 0 && past >= 0:
			if there && l.users == 0 && past >= tick {
				t.Fatalf("label %#x is alive %v after its deadline", p.label, past)
			}
			if !there {
				delete(h.m.leases, p)
			}
		default:
			t.Fatalf("label %#x ended %v before its deadline, with %d users", p.label, -past, l.users)
		}
	}
}

func span(t *rapid.T, what string) time.Duration {
	return rapid.OneOf(
		rapid.SampledFrom([]time.Duration{0, 1, tick - 1, tick, tick + 1, 5 * tick, time.Second, time.Hour}),
		rapid.Map(rapid.Int64Range(0, int64(20*tick)), func(n int64) time.Duration { return time.Duration(n) }),
	).Draw(t, what)
}

func destination(n int) netip.Addr { return []netip.Addr{dst1, dst2}[n] }

func (h *history) get(t *rapid.T) {
	i := rapid.IntRange(0, historySockets-1).Draw(t, "socket")
	r := modelRequest{
		label:  core.Label(rapid.IntRange(1, historyLabels).Draw(t, "label")),
		share:  rapid.SampledFrom([]core.Share{core.Any, core.Any, core.User, core.Process, core.Exclusive}).Draw(t, "share"),
		dst:    rapid.IntRange(0, 1).Draw(t, "dst"),
		create: rapid.IntRange(0, 3).Draw(t, "create") != 0,
		fresh:  rapid.IntRange(0, 7).Draw(t, "fresh") == 0,
		linger: span(t, "linger"), expires: span(t, "expires"),
	}
	who := uint64(rapid.IntRange(1, 2).Draw(t, "owner"))
	if r.share == core.User || r.share == core.Process {
		r.owner = who
	}
	req := core.Request{
		Label: r.label, Dst: destination(r.dst), Share: r.share, Create: r.create, Fresh: r.fresh,
		Linger: r.linger, Expires: r.expires,
		By: &core.Credentials{Process: who, User: who, Privileges: core.NetRaw},
	}
	if rapid.IntRange(0, 7).Draw(t, "headers") == 0 {
		r.headers = 16
		req.Headers = &core.Headers{Destination: header(16, 1)}
	}
	if h.chosen = r.label; r.create && h.m.leases[place{h.plain[i].ns, r.label}] == nil && rapid.Bool().Draw(t, "random") {
		req.Label = 0 // chance will choose the same
	}
	label, err := h.sockets[i].Get(req)
	want := h.m.refuses(&h.plain[i], r)
	if !errors.Is(err, want) || err == nil && label != r.label {
		t.Fatalf("Get(%+v): label %#x, %v, want %#x, %v", req, label, err, r.label, want)
	}
	if want == nil {
		h.m.get(&h.plain[i], r)
	}
}

func (h *history) put(t *rapid.T) {
	i := rapid.IntRange(0, historySockets-1).Draw(t, "socket")
	label := core.Label(rapid.IntRange(1, historyLabels).Draw(t, "label"))
	if n := len(h.plain[i].held); n > 0 && rapid.IntRange(0, 3).Draw(t, "any") != 0 {
		label = h.plain[i].held[rapid.IntRange(0, n-1).Draw(t, "held")]
	}
	err := h.sockets[i].Put(label)
	if held := h.m.put(&h.plain[i], label); held != (err == nil) || !held && !errors.Is(err, core.ErrNotHeld) {
		t.Fatalf("Put(%#x): %v, held: %v", label, err, held)
	}
}

func (h *history) renew(t *rapid.T) {
	i := rapid.IntRange(0, historySockets-1).Draw(t, "socket")
	label := core.Label(rapid.IntRange(1, historyLabels).Draw(t, "label"))
	linger, expires := span(t, "linger"), span(t, "expires")
	by := &core.Credentials{}
	admin := rapid.Bool().Draw(t, "admin")
	if admin {
		by.Privileges = core.NetAdmin
	}
	err := h.sockets[i].Renew(core.Request{Label: label, Linger: linger, Expires: expires, By: by})
	if ok := h.m.renew(&h.plain[i], label, linger, expires, admin); ok != (err == nil) || !ok && !errors.Is(err, core.ErrNotHeld) {
		t.Fatalf("Renew(%#x): %v, want success: %v", label, err, ok)
	}
}

func (h *history) reopen(t *rapid.T) {
	i := rapid.IntRange(0, historySockets-1).Draw(t, "socket")
	_ = h.sockets[i].Close()
	for len(h.plain[i].held) > 0 {
		h.m.put(&h.plain[i], h.plain[i].held[0])
	}
	h.open(i, h.plain[i].ns)
}

// replace closes a namespace and makes another in its place.
func (h *history) replace(t *rapid.T) {
	ns := rapid.IntRange(0, historySpaces-1).Draw(t, "namespace")
	_ = h.spaces[ns].Close()
	h.spaces[ns] = h.space(fmt.Sprint(ns))
	for p := range h.m.leases {
		if p.ns == ns {
			delete(h.m.leases, p)
		}
	}
	for i := range h.plain {
		if h.plain[i].ns == ns {
			h.open(i, ns)
		}
	}
}

// compare looks at everything that can be seen.
func (h *history) compare(t *rapid.T) {
	for ns := range h.spaces {
		var want []core.Lease
		for p, l := range h.m.leases {
			if p.ns == ns {
				want = append(want, core.Lease{
					Label: p.label, Share: l.share, Owner: l.owner, Users: l.users, Linger: l.linger,
					Expires: h.m.listed(l), Dst: destination(l.dst), HeaderBytes: l.headers,
				})
			}
		}
		slices.SortFunc(want, func(a, b core.Lease) int { return int(a.Label) - int(b.Label) })
		if got := slices.Collect(h.spaces[ns].Leases()); !slices.Equal(got, want) {
			t.Fatalf("listing %+v\nwant %+v", got, want)
		}
	}
	for i := range h.sockets {
		for label := core.Label(1); label <= historyLabels; label++ {
			if got, want := h.check(h.sockets[i], label), h.m.verdict(&h.plain[i], label); got != want {
				t.Fatalf("verdict %d on label %#x of socket %d, want %d", got, label, i, want)
			}
		}
	}
	if n := h.Stats().Leases; n != len(h.m.leases) {
		t.Fatalf("%d leases by the statistics, want %d", n, len(h.m.leases))
	}
}

// TestHistories holds the engine against the model over random histories in
// virtual time.
func TestHistories(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		h := newHistory(t, rapid.Bool().Draw(rt, "expires as asked"))
		defer h.Close()
		rt.Repeat(map[string]func(*rapid.T){
			"get":      h.get,
			"get too":  h.get,
			"put":      h.put,
			"put too":  h.put,
			"renew":    h.renew,
			"reopen":   h.reopen,
			"pass":     func(t *rapid.T) { h.pass(t, span(t, "time"), 0) },
			"pass too": func(t *rapid.T) { h.pass(t, span(t, "time"), rapid.IntRange(1, 3).Draw(t, "budget")) },
			"purge": func(t *rapid.T) {
				ns := rapid.IntRange(0, historySpaces-1).Draw(t, "namespace")
				if got, want := h.spaces[ns].Purge(), h.m.purge(ns); got != want {
					t.Fatalf("purged %d, want %d", got, want)
				}
			},
			"replace": func(t *rapid.T) {
				if rapid.IntRange(0, 4).Draw(t, "really") == 0 {
					h.replace(t)
				}
			},
			"": h.compare,
		})
	})
}
