package shard

import "sync/atomic"

// Side keeps Go pointers beside the slots of a slab, whose own memory must hold
// none: a table from slot id to *P, made chunk by chunk where it is used.
//
// Every method may be called from any goroutine.
type Side[P any] struct {
	// Both levels are stored by Set and loaded by Get; the entries' stores come
	// before the publication of the slot they belong to.
	dir  []atomic.Pointer[sideChunk[P]]
	made atomic.Int64 // chunks made; a statistic, pairs with nothing
}

type sideChunk[P any] [ChunkSlots]atomic.Pointer[P]

// NewSide returns an empty table for the slots of s.
func NewSide[P, T any](s *Slab[T]) *Side[P] {
	return &Side[P]{dir: make([]atomic.Pointer[sideChunk[P]], s.Chunks())}
}

// Get returns what is set for id, or nil.
func (t *Side[P]) Get(id uint32) *P {
	c := t.dir[id>>chunkBits].Load()
	if c == nil {
		return nil
	}
	return c[id&chunkMask].Load()
}

// Set puts p beside id. It allocates when it is the first in its chunk.
func (t *Side[P]) Set(id uint32, p *P) {
	d := &t.dir[id>>chunkBits]
	c := d.Load()
	if c == nil {
		if d.CompareAndSwap(nil, new(sideChunk[P])) {
			t.made.Add(1)
		}
		c = d.Load()
	}
	c[id&chunkMask].Store(p)
}

// Clear takes away what stands beside id. It does not allocate.
func (t *Side[P]) Clear(id uint32) {
	if c := t.dir[id>>chunkBits].Load(); c != nil {
		c[id&chunkMask].Store(nil)
	}
}

// Bytes says what the chunks made so far take, what they point to not counted.
// They lie on the heap, and stay for as long as the table.
func (t *Side[P]) Bytes() int64 { return t.made.Load() * sizeOf[sideChunk[P]]() }

// Room says for how many slots the chunks made so far have entries.
func (t *Side[P]) Room() int { return int(t.made.Load()) * ChunkSlots }
