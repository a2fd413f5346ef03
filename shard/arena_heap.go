//go:build !(linux || darwin) || race || purego

package shard

// extents has nothing to keep here: the collector owns the chunks.
type extents struct{}

// NewArena returns an empty arena. Its memory is the collector's.
func NewArena() *Arena { return &Arena{extents: new(extents)} }

// newChunk returns a zeroed array of T. T must hold no Go pointers, so the
// collector does not scan it. The result is never nil.
func newChunk[T any](a *Arena) *[ChunkSlots]T {
	c := new([ChunkSlots]T)
	a.bytes.Add(sizeOf[[ChunkSlots]T]())
	return c
}
