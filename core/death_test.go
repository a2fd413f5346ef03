package core

import (
	"errors"
	"net/netip"
	"testing"

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
