package shard

import (
	"reflect"
	"sync/atomic"
)

// ChunkSlots is the number of slots in one chunk of any slab.
const ChunkSlots = 1 << chunkBits

const chunkMask = ChunkSlots - 1

// Arena is the memory that an engine's slabs are cut from. It grows in
// extents and gives nothing back until it is released.
//
// Every method may be called from any goroutine.
type Arena struct {
	extents *extents     // kept apart: a cleanup must not hold the arena itself
	bytes   atomic.Int64 // cut so far; a statistic, pairs with nothing
}

// Bytes says how much memory has been cut from the arena so far. Pages of it
// that were never touched cost address space only.
func (a *Arena) Bytes() int64 { return a.bytes.Load() }

// sizeOf returns the size of a T in bytes.
func sizeOf[T any]() int64 { return int64(reflect.TypeFor[T]().Size()) }
