package shard

import (
	"math"
	"testing"
	"time"
)

// tables are one of each kind, on one arena.
type tables struct {
	*rig
	leases  *Leases
	sockets *Sockets
	pages   *Pages
	index   *Index
}

func newTables(limit int) *tables {
	k := &tables{rig: newRig()}
	k.pages = NewPages(k.domain, k.arena, 1, limit, nil)
	k.index = NewIndex(k.pages)
	k.sockets = NewSockets(k.domain, k.arena, 1, limit, 64, nil)
	k.leases = NewLeases(k.domain, k.arena, 1, limit, testTick, 0, Hooks{
		Dead:      func(id uint32, l *Lease) { k.index.Clear(l.Label, id) },
		Reclaimed: func(uint32, *Lease) {},
	})
	return k
}

// lease makes a lease of a label, with one user.
func (k *tables) lease(t testing.TB, label uint32) (uint32, *Lease) {
	id, l, ok := k.leases.Alloc(0)
	if !ok {
		t.Fatal("no slot")
	}
	l.Label = label
	k.leases.Born(id, l, int64(time.Second), 0)
	claim(t, k.index, label, id)
	return id, l
}

// TestUsage checks that the bytes by kind are all bytes of the arena, that
// a kind which is not used takes none, and that what is given up is not in use
// any more and serves again without growth.
func TestUsage(t *testing.T) {
	k := newTables(4 * ChunkSlots)
	total := func() int64 {
		sockets, blocks := k.sockets.Usage()
		return k.leases.Usage().Bytes + k.pages.Usage().Bytes + sockets.Bytes + blocks.Bytes
	}
	if total() != 0 || k.arena.Bytes() != 0 {
		t.Fatalf("%d bytes in empty tables, %d in all", total(), k.arena.Bytes())
	}
	var grown int64
	for range 3 {
		k.inside(func() {
			id, s, generation := opened(t, k.sockets)
			for label := uint32(1); label <= 20; label++ {
				slot, l := k.lease(t, label*pageCells)
				k.sockets.Publish(s, generation, 0, NewEntry(slot, label, false), l, 0, 0)
			}
			k.sockets.Shut(s, generation, func(e Entry) {
				k.leases.Drop(e.Lease(), k.leases.At(e.Lease()), at(0))
			})
			k.sockets.Retire(id)
			k.leases.Expire(0, int64(time.Hour), budgetOf(math.MaxInt))
		})
		k.drain(t, 1, k.leases, k.pages, k.sockets)
		sockets, blocks := k.sockets.Usage()
		if n := k.leases.Usage().Slots + k.pages.Usage().Slots + sockets.Slots + blocks.Slots; n != 0 {
			t.Fatalf("%d slots in use at the end", n)
		}
		if grown == 0 {
			grown = total()
		}
		if total() != grown {
			t.Fatalf("%d bytes, they were %d the round before", total(), grown)
		}
	}
	if all := k.arena.Bytes(); all != grown {
		t.Fatalf("%d bytes by kind, %d in all", grown, all)
	}
}

// TestNoAllocations holds what runs in a steady state to no allocation.
func TestNoAllocations(t *testing.T) {
	k := newTables(4 * ChunkSlots)
	reader := k.domain.Register("steady")
	_, s, generation := opened(t, k.sockets)
	id, l := k.lease(t, 77)
	fill(t, k.sockets, s, generation, 32)
	now := int64(0)
	steady := map[string]func(){
		"Find":   func() { k.sockets.Find(s, generation, 32); k.sockets.Find(s, generation, 33) },
		"Lookup": func() { k.index.Lookup(77); k.index.Lookup(LabelSpace - 1) },
		"Take and Drop": func() {
			l.Take(true)
			k.leases.Drop(id, l, at(now))
		},
		"Claim and Clear":        func() { k.index.Claim(78, 0, 9, 0); k.index.Clear(78, 9) },
		"Claim and Clear a page": func() { k.index.Claim(5*pageCells, 0, 9, 0); k.index.Clear(5*pageCells, 9) },
		"Publish and Remove": func() {
			k.sockets.Publish(s, generation, 0, NewEntry(id, 77, false), l, 0, 0)
			k.sockets.Remove(s, generation, 77)
		},
		"life of a lease": func() {
			id, l := k.lease(t, 79)
			k.leases.Drop(id, l, at(now))
			now += 2 * int64(time.Second)
			k.leases.Expire(0, now, budgetOf(math.MaxInt))
		},
		"life of a socket": func() {
			id, s, generation := opened(t, k.sockets)
			k.sockets.Publish(s, generation, 0, NewEntry(id, 77, false), l, 0, 0)
			k.sockets.Shut(s, generation, func(Entry) {})
			k.sockets.Retire(id)
		},
	}
	for name, f := range steady {
		once := func() {
			reader.Enter()
			f()
			reader.Exit()
			k.advance()
			k.leases.Collect(0)
			k.pages.Collect(0)
			k.sockets.Collect(0)
		}
		for range 100 { // until what is needed has grown
			once()
		}
		if n := testing.AllocsPerRun(100, once); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}
