package core

import (
	"errors"
	"fmt"
	"net/netip"
	"runtime"
	"testing"
	"time"

	"github.com/flowlabel/flowlabel/shard"
)

// TestDeathIsSeen: a lease is dead a moment before its index cell is cleared. Whoever is
// told meanwhile that it is gone, by a request or by the listing, does not learn
// of a share mode afterwards.
func TestDeathIsSeen(t *testing.T) {
	e, err := New(Options{ManualAdvance: true, Rules: Rules{Quota: Quota{Total: 1}}})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	n, err := e.Namespace("death", NamespaceOptions{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := n.Socket(SocketOptions{})
	if err != nil {
		t.Fatal(err)
	}
	r := e.Reader("death")
	defer r.Close()
	req := Request{Label: 5, Dst: netip.MustParseAddr("2001:db8::1"), Share: Any}
	for what, look := range map[string]func() bool{
		"request": func() bool { _, err := s.Get(req); return errors.Is(err, ErrNotFound) },
		"listing": func() bool {
			for range n.Leases() {
				return false
			}
			return true
		},
		"request to create": func() bool {
			another, full := req, req
			another.Label, another.Create, full.Create = 6, true, true
			_, err := s.Get(another)
			_, refused := s.Get(full)
			return err == nil && errors.Is(refused, ErrQuota)
		},
		"purge": func() bool { return n.Purge() == 0 },
	} {
		create := req
		create.Create = true
		if _, err := s.Get(create); err != nil {
			t.Fatal(err)
		}
		r.Enter() // so that the dead lease keeps its slot
		id := n.index.Lookup(5)
		if err := s.Put(5); err != nil {
			t.Fatal(err)
		}
		if n.Purge() != 1 {
			t.Fatal("the lease does not linger")
		}
		// As it was a moment ago.
		if holds, ok := n.index.Claim(5, 0, shard.NewCell(id, uint8(Any)), 0); !ok || holds != id || r.ShareOf(n, 5) != Any {
			t.Fatal("the cell cannot be claimed")
		}
		if !look() || r.ShareOf(n, 5) != None {
			t.Errorf("%s: the lease is still there, or its share mode is", what)
		}
		r.Exit()
		_ = s.Put(6)
		n.Purge()
	}
}

// TestDeathsOfMany has the leases of many namespaces die in one expiry, in turn, some of
// which guard: each namespace has its own counts back, and can be closed for good. Those
// that come afterwards are counted as made in slots that have served.
func TestDeathsOfMany(t *testing.T) {
	for _, policy := range []Policy{ExclusiveInNamespace, ExclusiveInEngine} {
		var now time.Duration
		e, err := New(Options{ManualAdvance: true, Shards: 1, Rules: Rules{Policy: policy}, Clock: func() time.Duration { return now }})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		all, sockets := openMany(t, e)
		for round := range 2 {
			leaseInTurn(t, sockets)
			now += time.Second
			if p := e.Advance(0); p.Expired != manyLeases || e.leaseCount.Load() != 0 || e.guarded.Load() != 0 {
				t.Fatalf("%+v, %d leases left, %d guarding", p, e.leaseCount.Load(), e.guarded.Load())
			}
			for e.Advance(0).Waiting {
				runtime.Gosched()
			}
			if s := e.Stats(); s.Created != int64((round+1)*manyLeases) || s.Reused != int64(round*manyLeases) {
				t.Errorf("round %d: %d created, %d in slots that had served", round, s.Created, s.Reused)
			}
		}
		for i, n := range all {
			if n.leases.Load() != 0 || n.guarded.Load() != 0 || n.enforced() {
				t.Errorf("namespace %d: %d leases left, %d guarding, enforced %v", i, n.leases.Load(), n.guarded.Load(), n.enforced())
			}
			if err := n.Close(); err != nil {
				t.Fatal(err)
			}
		}
		for e.Advance(0).Waiting {
			runtime.Gosched()
		}
		if u := e.nsSlots.Usage(); u.Slots != 0 {
			t.Errorf("%d namespaces left", u.Slots)
		}
	}
}

const (
	manySpaces = 3 * len(deaths{})
	manyLabels = 6
	manyLeases = manySpaces * manyLabels
)

// openMany makes namespaces, more than are counted out at once, with a socket each.
func openMany(t *testing.T, e *Engine) (all [manySpaces]*Namespace, sockets [manySpaces]Socket) {
	for i := range all {
		var err error
		if all[i], err = e.Namespace(fmt.Sprint(i), NamespaceOptions{}); err != nil {
			t.Fatal(err)
		}
		if sockets[i], err = all[i].Socket(SocketOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	return all, sockets
}

// leaseInTurn makes and puts leases on sockets in turn, some at a time.
func leaseInTurn(t *testing.T, sockets [manySpaces]Socket) {
	const atOnce = 3
	req := Request{Dst: netip.MustParseAddr("2001:db8::1"), Create: true}
	for from := Label(1); from <= manyLabels; from += atOnce {
		for i, s := range sockets {
			for req.Label = from; req.Label < from+atOnce; req.Label++ {
				req.Share = User
				if (int(from)+i)%4 == 0 {
					req.Share = Any
				}
				if _, err := s.Get(req); err != nil {
					t.Fatal(err)
				}
				if err := s.Put(req.Label); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

// TestUndoInClosedNamespace: whoever gives up the last user of a lease in a namespace that
// has been closed meanwhile ends the lease, also if he undoes what he did.
func TestUndoInClosedNamespace(t *testing.T) {
	for what, leave := range map[string]func(*Namespace, uint32, *shard.Lease){
		"drop": (*Namespace).drop, "undo": (*Namespace).undo,
	} {
		e, err := New(Options{ManualAdvance: true})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		all, sockets := openMany(t, e)
		leaseInTurn(t, sockets)
		r, _ := e.enter()
		id := all[0].index.Lookup(1)
		l := e.leases.At(id)
		if l.Take(true) != shard.Taken || all[0].Close() != nil {
			t.Fatal("the namespace is not closed while its lease is taken")
		}
		leave(all[0], id, l)
		if _, live := l.Users(); live || all[0].leases.Load() != 0 {
			t.Errorf("%s: the lease lives: %v; %d are counted", what, live, all[0].leases.Load())
		}
		e.leave(r)
	}
}
