package shard

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"weak"
)

// TestSide sets, reads and clears entries at the ends of chunks and in between.
func TestSide(t *testing.T) {
	r := newRig()
	s := NewSlab[uint32](r.domain, r.arena, 1, 3*ChunkSlots, Kind{})
	side := NewSide[string](s)
	ids := allocAll(t, s, 0)
	for _, id := range ids {
		if side.Get(id) != nil {
			t.Fatalf("%d is set", id)
		}
		side.Clear(id) // without a chunk, too
	}
	if side.Room() != 0 || side.Bytes() != 0 {
		t.Errorf("an empty table has room for %d in %d bytes", side.Room(), side.Bytes())
	}
	for _, id := range ids {
		name := string(rune(id))
		side.Set(id, &name)
	}
	for _, id := range ids {
		if p := side.Get(id); p == nil || *p != string(rune(id)) {
			t.Fatalf("%d: %v", id, p)
		}
		side.Clear(id)
		if side.Get(id) != nil {
			t.Fatalf("%d is still set", id)
		}
	}
	want := int(ids[len(ids)-1]>>chunkBits+1) * ChunkSlots
	if side.Room() != want || side.Bytes() != int64(want)*sizeOf[uintptr]() {
		t.Errorf("room for %d in %d bytes, want %d, a pointer each", side.Room(), side.Bytes(), want)
	}
}

// TestSideLetsGo checks that a cleared entry keeps nothing alive, and a set one
// does.
func TestSideLetsGo(t *testing.T) {
	r := newRig()
	side := NewSide[[64]byte](NewSlab[uint32](r.domain, r.arena, 1, 1, Kind{}))
	p := new([64]byte)
	seen := weak.Make(p)
	side.Set(5, p)
	p = nil
	runtime.GC()
	if seen.Value() == nil {
		t.Fatal("a set entry was collected")
	}
	side.Clear(5)
	runtime.GC()
	if seen.Value() != nil {
		t.Fatal("a cleared entry is still held")
	}
	runtime.KeepAlive(side)
}

// TestSideShared makes one chunk from two goroutines at once: neither may lose
// what it set. Both wait at a gate, so that they meet in most of the rounds.
func TestSideShared(t *testing.T) {
	r := newRig()
	slab := NewSlab[uint32](r.domain, r.arena, 1, 1, Kind{})
	for range 2000 {
		side := NewSide[uint32](slab)
		var gate atomic.Uint32
		var both sync.WaitGroup
		for id := range uint32(2) {
			both.Go(func() {
				for gate.Add(1); gate.Load() < 2; {
					runtime.Gosched()
				}
				side.Set(id, &id)
			})
		}
		both.Wait()
		for id := range uint32(2) {
			if p := side.Get(id); p == nil || *p != id {
				t.Fatalf("%d is lost", id)
			}
		}
		if side.Room() != ChunkSlots {
			t.Fatalf("room for %d in one chunk", side.Room())
		}
	}
}
