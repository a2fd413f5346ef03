package shard

import (
	"reflect"
	"sync/atomic"
)

// ChunkSlots is the number of slots in one chunk of any slab.
const ChunkSlots = 1 << chunkBits

const chunkMask = ChunkSlots - 1

// Arena is the memory that an engine's arrays stand in. It gives nothing back
// until it is released.
//
// Every method may be called from any goroutine.
type Arena struct {
	regions *regions     // kept apart: a cleanup must not hold the arena itself
	bytes   atomic.Int64 // of the chunks made so far; a statistic, pairs with nothing
}

// Bytes says how much memory the chunks made so far take. Pages of it that were
// never touched cost address space only.
func (a *Arena) Bytes() int64 { return a.bytes.Load() }

// sizeOf returns the size of a T in bytes.
func sizeOf[T any]() int64 { return int64(reflect.TypeFor[T]().Size()) }
