//go:build !((linux || darwin) && (amd64 || arm64)) || race || purego

package shard

import "sync/atomic"

// The twin of array_mapped.go, for systems where addresses are few or mapping was
// not tried, and for the race detector, which follows what happens in the slots only
// in memory that the Go runtime owns.

// regions has nothing to keep here: the collector owns the chunks.
type regions struct{}

// NewArena returns an empty arena. Its memory is the collector's.
func NewArena() *Arena { return &Arena{regions: new(regions)} }

// array is an array of T that never moves and is made chunk by chunk. Copies are
// the same array.
type array[T any] struct {
	dir []atomic.Pointer[[ChunkSlots]T] // stored by grow; pairs with the loads of at
}

// newArray returns an array of up to so many chunks, none of which is made yet. T
// must hold no Go pointers, so that the collector does not scan it.
func newArray[T any](_ *Arena, chunks int) array[T] {
	return array[T]{make([]atomic.Pointer[[ChunkSlots]T], chunks)}
}

// chunks returns how many chunks the array may have.
func (v *array[T]) chunks() int { return len(v.dir) }

// grow makes a chunk of zeroes, unless it is there. It never fails here.
func (v *array[T]) grow(chunk uint32) bool {
	if v.dir[chunk].Load() == nil {
		v.dir[chunk].Store(new([ChunkSlots]T))
	}
	return true
}

// at returns element i, whose chunk has been made.
func (v *array[T]) at(i uint32) *T { return &v.dir[i>>chunkBits].Load()[i&chunkMask] }

// run returns n elements from i on, all of one chunk.
func (v *array[T]) run(i, n uint32) []T {
	first := i & chunkMask
	return v.dir[i>>chunkBits].Load()[first : first+n]
}

// fetch does nothing here.
func (v *array[T]) fetch([]uint32) {}

// fetchOf does nothing, either.
func (v *array[T]) fetchOf([]Handle) {}
