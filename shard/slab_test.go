package shard

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/flowlabel/flowlabel/rcu"
)

// allocAll takes slots through one shard until there are no more.
func allocAll[T any](t *testing.T, s *Slab[T], shard uint32) []uint32 {
	t.Helper()
	var ids []uint32
	seen := make(map[uint32]bool)
	for {
		id, ok := s.Alloc(shard)
		if !ok {
			return ids
		}
		if id == 0 || seen[id] {
			t.Fatalf("slot %d handed out, after %d others", id, len(ids))
		}
		seen[id] = true
		ids = append(ids, id)
	}
}

// TestSlabCap fills slabs of all spans through one shard of several: each serves
// at least what it was made for, and no more than its directory has room for.
func TestSlabCap(t *testing.T) {
	for _, limit := range []int{1, ChunkSlots - 1, ChunkSlots, 3 * ChunkSlots} {
		for span := uint32(1); span <= ChunkSlots; span *= 2 {
			r := newRig()
			s := NewSlab[uint32](r.domain, r.arena, 4, limit/int(span)+1, Kind{Span: span})
			ids := allocAll(t, s, 2)
			if len(ids) < limit/int(span)+1 {
				t.Errorf("span %d: %d slots of %d", span, len(ids), limit/int(span)+1)
			}
			if u := s.Usage(); u.Slots != len(ids) || u.Capacity != s.Chunks()*ChunkSlots/int(span) || u.Lost != 0 {
				t.Errorf("span %d: %+v with %d slots out", span, u, len(ids))
			}
			for _, id := range ids {
				if id%span != 0 || len(s.Run(id)) != int(span) {
					t.Fatalf("span %d: id %d names a run of %d", span, id, len(s.Run(id)))
				}
			}
		}
	}
}

// TestSlabSteals checks that the last slots of a slab serve every shard,
// whichever they belong to, and return to their own.
func TestSlabSteals(t *testing.T) {
	r := newRig()
	s := NewSlab[uint32](r.domain, r.arena, 4, 1, Kind{})
	first, _ := s.Alloc(3)
	s.Release(first)
	rest := allocAll(t, s, 0)
	stolen := 0
	for _, id := range rest {
		if s.Owner(id) == 3 {
			stolen++
		}
	}
	// Slot 0 is in the chunk that shard 3 made, the first.
	if stolen != ChunkSlots-1 {
		t.Fatalf("%d slots of shard 3 served shard 0, want %d", stolen, ChunkSlots-1)
	}
	s.Retire(first)
	r.drain(t, 4, s)
	if id, ok := s.Alloc(3); !ok || id != first {
		t.Fatalf("shard 3 gets slot %d, %v; its own is %d", id, ok, first)
	}
}

// TestSlabFullWaits has a full slab with one slot waiting: Alloc fails while a
// section may see that slot, never waits for it, and drives the grace period
// itself, with nobody else collecting.
func TestSlabFullWaits(t *testing.T) {
	r := newRig()
	s := NewSlab[uint32](r.domain, r.arena, 2, 1, Kind{})
	ids := allocAll(t, s, 0)
	reader := r.domain.Borrow()
	s.Retire(ids[0])
	for range 10 {
		r.clock.Add(1e6)
		if id, ok := s.Alloc(1); ok {
			t.Fatalf("slot %d handed out while a section may hold %d", id, ids[0])
		}
	}
	r.domain.Return(reader)
	for range 10 {
		r.clock.Add(1e6)
		if id, ok := s.Alloc(1); ok {
			if id != ids[0] {
				t.Fatalf("slot %d handed out, only %d is free", id, ids[0])
			}
			return
		}
	}
	t.Fatal("the slot is never free again")
}

// TestSlabGrowthRefused checks what a slab does whose layer above cannot
// provide for a chunk: no slot of that chunk, other shards' slots instead, and
// growth again when it can.
func TestSlabGrowthRefused(t *testing.T) {
	r := newRig()
	refuse, grown := false, []uint32(nil)
	s := NewSlab[uint32](r.domain, r.arena, 2, 8*ChunkSlots, Kind{Grown: func(chunk, shard uint32) bool {
		grown = append(grown, chunk)
		return !refuse
	}})
	s.Alloc(1)
	refuse = true
	id, ok := s.Alloc(0)
	if !ok || s.Owner(id) != 1 {
		t.Fatalf("slot %d, %v; want one of shard 1, which has room", id, ok)
	}
	for ok {
		_, ok = s.Alloc(1)
	}
	refuse = false
	if id, ok = s.Alloc(0); !ok || s.Owner(id) != 0 || id>>chunkBits != grown[len(grown)-1] {
		t.Fatalf("slot %d, %v; want one of the chunk just made", id, ok)
	}
	for i, chunk := range grown {
		if int(chunk) != i {
			t.Fatalf("Grown was told of chunk %d in place %d", chunk, i)
		}
	}
}

// TestSlabRings checks that Ring tells of the first slot that waits in a shard,
// and of that one only.
func TestSlabRings(t *testing.T) {
	r := newRig()
	rings := 0
	s := NewSlab[uint32](r.domain, r.arena, 1, ChunkSlots, Kind{Ring: func() { rings++ }})
	a, _ := s.Alloc(0)
	b, _ := s.Alloc(0)
	c, _ := s.Alloc(0)
	s.Retire(a)
	s.Retire(b)
	s.Collect(0)
	s.Retire(c)
	if rings != 1 {
		t.Fatalf("%d rings, want 1", rings)
	}
	r.drain(t, 1, s)
	a, _ = s.Alloc(0)
	s.Retire(a)
	if rings != 2 {
		t.Fatalf("%d rings, want 2", rings)
	}
}

// TestSlabShared lets goroutines pull at one small slab at once, mostly empty
// and mostly full: no slot has two holders, and in the end all are back.
func TestSlabShared(t *testing.T) {
	const (
		held    = 1
		retired = 2
	)
	d := rcu.New(rcu.Options{})
	state := make([]atomic.Uint32, 16*ChunkSlots)
	turn := func(id, from, to uint32) {
		if !state[id].CompareAndSwap(from, to) {
			t.Errorf("slot %d is in state %d, want %d", id, state[id].Load(), from)
		}
	}
	s := NewSlab[uint64](d, NewArena(), 4, ChunkSlots, Kind{
		Reclaim: func(id uint32) bool { turn(id, retired, 0); return true },
	})
	var crowd sync.WaitGroup
	for worker := range 4 {
		crowd.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(worker), 1))
			var mine []uint32
			for range 20_000 {
				if id, ok := s.Alloc(uint32(rng.IntN(4))); ok && rng.IntN(4) != 0 {
					turn(id, 0, held)
					*s.At(id) = uint64(worker)
					mine = append(mine, id)
				} else if ok {
					s.Release(id)
				}
				for len(mine) > rng.IntN(2*ChunkSlots) {
					id := mine[len(mine)-1]
					mine = mine[:len(mine)-1]
					if *s.At(id) != uint64(worker) {
						t.Errorf("slot %d was written by another", id)
					}
					turn(id, held, retired)
					s.Retire(id)
				}
			}
			for _, id := range mine {
				turn(id, held, 0)
				s.Release(id)
			}
		})
	}
	crowd.Wait()
	settle(t, d, 4, s)
	if u := s.Usage(); u.Slots != 0 {
		t.Errorf("%d slots are still out", u.Slots)
	}
}
