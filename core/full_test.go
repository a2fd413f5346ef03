package core_test

import (
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/flowlabel/flowlabel/core"
)

// TestPagesFull leaves no page for a label's neighbourhood: a lease of a label
// there cannot be made, neither one that was asked for nor one at random, while
// labels on pages that exist are still to be had.
func TestPagesFull(t *testing.T) {
	b := newRig(t, core.Options{MaxLeases: 50, Shards: 1})
	ns := b.space("a")
	s := b.socketWith(ns, core.SocketOptions{Owner: core.Credentials{Privileges: core.NetRaw}})
	b.lease(s, 1, core.Any, time.Second)
	undo := b.TakePages()
	headers := &core.Headers{HopByHop: header(8, 0)}
	for _, req := range []core.Request{
		{Label: 5000, Dst: dst1, Share: core.Any, Create: true},
		{Label: 5000, Dst: dst1, Share: core.Exclusive, Create: true, Headers: headers},
		{Dst: dst1, Share: core.User, Create: true},
	} {
		b.refuses(t, refusal{"", getting(s, req), core.ErrTableFull, "index pages"}, []*core.Namespace{ns}, s)
	}
	b.lease(s, 2, core.Any, time.Second)
	b.put(s, 1)
	undo()
	b.drain()
	b.lease(s, 5000, core.Any, time.Second)
}

// TestListsFull keeps a reader in its section while sockets with long lists come
// and go: in the end there is no list of that length. A join, a revival and a
// creation are refused then, and giving up still works.
func TestListsFull(t *testing.T) {
	const long = 100
	b := newRig(t, core.Options{MaxSockets: 2, MaxSocketEntries: long, Shards: 1})
	ns := b.space("a")
	keeper := b.socket(ns, 1)
	b.lease(keeper, 1, core.Any, time.Second)
	b.lease(keeper, 2, core.Any, time.Second)
	b.put(keeper, 2)
	r := b.Reader("slow")
	defer r.Close()
	r.Enter()
	join := core.Request{Label: 1, Dst: dst1, Share: core.Any}
	var s core.Socket
	held := 0
	full(t, 1<<18, func(i int) error {
		if i%long == 0 {
			_ = s.Close()
			s, held = b.socket(ns, 1), 0
		}
		_, err := s.Get(join)
		held++
		return err
	}, core.ErrTableFull)
	held-- // the last one failed

	// No picture is taken, since that waits for the reader.
	before, all := b.Stats(), leasesOf(ns)
	for _, req := range []core.Request{
		{Label: 1, Dst: dst1, Share: core.Any, Linger: time.Hour},
		{Label: 2, Dst: dst1, Share: core.Any, Linger: time.Hour, Create: true},
		{Label: 3, Dst: dst1, Share: core.Exclusive, Create: true},
	} {
		err := getting(s, req)()
		if !errors.Is(err, core.ErrTableFull) || !strings.Contains(err.Error(), "socket lists") {
			t.Errorf("label %d: %v", req.Label, err)
		}
		if now := leasesOf(ns); !maps.Equal(now, all) {
			t.Errorf("label %d: the leases are %v, they were %v", req.Label, now, all)
		}
		if v := r.Check(s, 9); v != core.Allowed {
			t.Errorf("label %d: a lease that was not made guards its label: %v", req.Label, v)
		}
	}
	if after := b.Stats(); after.Leases != before.Leases || after.Sockets != before.Sockets {
		t.Errorf("before %+v\nafter  %+v", before, after)
	}
	for range held {
		b.put(s, 1)
	}
	_, _ = s.Close(), keeper.Close()
	r.Exit()
	b.wait(time.Second + tick)
	_ = ns.Close()
	b.emptied()
}

// leasesOf returns what the listing says of each label.
func leasesOf(ns *core.Namespace) map[core.Label]core.Lease {
	all := make(map[core.Label]core.Lease)
	for l := range ns.Leases() {
		all[l.Label] = l
	}
	return all
}
