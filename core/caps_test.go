package core_test

import (
	"fmt"
	"testing"

	"github.com/flowlabel/flowlabel/core"
)

// TestCaps fills the tables of sockets and namespaces: their caps hold exactly.
func TestCaps(t *testing.T) {
	b := newRig(t, core.Options{MaxSockets: 40, MaxNamespaces: 40, Shards: 2})
	ns := b.space("a")
	n := full(t, 1<<14, func(int) error { _, err := ns.Socket(core.SocketOptions{}); return err }, core.ErrTableFull)
	m := full(t, 1<<14, func(i int) error { _, err := b.Namespace(fmt.Sprint(i), core.NamespaceOptions{}); return err }, core.ErrTableFull)
	if n != 40 || m != 39 {
		t.Errorf("room for %d sockets and %d more namespaces, want 40 and 39", n, m)
	}
}

// TestEveryListLong gives every socket that there may be a long list.
func TestEveryListLong(t *testing.T) {
	b := newRig(t, core.Options{MaxSockets: 1000, MaxSocketEntries: 32, Shards: 1})
	ns := b.space("a")
	for i := range 1000 {
		s := b.socket(ns, 1)
		for range 32 {
			if _, err := s.Get(core.Request{Dst: dst1, Share: core.Any, Create: true}); err != nil {
				t.Fatalf("socket %d of 1000: %v", i, err)
			}
		}
	}
}

// TestShardsShareMemory creates on one processor after another: what one shard
// has freed serves the others, so memory follows the peak, but for a chunk or two
// a shard.
func TestShardsShareMemory(t *testing.T) {
	const leases, shards = 8000, 8
	b := newRig(t, core.Options{Shards: shards})
	ns := b.space("a")
	for range 30 { // the goroutine is moved between processors
		done := make(chan struct{})
		go func() {
			defer close(done)
			for range leases / 100 {
				s := b.socket(ns, 1)
				for range 100 {
					b.lease(s, 0, core.Any, 0)
				}
				_ = s.Close()
			}
		}()
		<-done
		b.wait(2 * tick)
		b.drain()
	}
	for _, u := range b.Stats().Memory {
		t.Logf("%+v", u)
		if u.Kind == "leases" && u.Room > leases+2*shards*1024 {
			t.Errorf("room for %d leases, never more than %d alive", u.Room, leases)
		}
	}
}
