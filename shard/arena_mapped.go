//go:build (linux || darwin) && !race && !purego

package shard

import (
	"runtime"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The race detector follows synchronisation only in memory that the Go runtime
// owns, so under -race slots live on the heap; see arena_heap.go.

// extentBytes is the size of one mapping: one huge page on amd64, so that the
// system can back an extent with a single one where that is configured.
const extentBytes = 2 << 20

const systemPage = 4096

// extents are the mappings of one arena.
type extents struct {
	mu     sync.Mutex
	mapped [][]byte // guarded by mu until the arena is unreachable
	left   []byte   // rest of the newest one; guarded by mu
}

func (x *extents) unmap() {
	for _, m := range x.mapped {
		_ = unix.Munmap(m) // nothing could be done about an error here
	}
}

// NewArena returns an empty arena. Its memory is unmapped once the arena is
// unreachable: whoever holds a pointer to a slot must keep the arena reachable.
func NewArena() *Arena {
	a := &Arena{extents: new(extents)}
	runtime.AddCleanup(a, (*extents).unmap, a.extents)
	return a
}

// cut returns n zeroed bytes that start on a system page, or nil when the
// system has no more.
func (a *Arena) cut(n int) []byte {
	n = (n + systemPage - 1) &^ (systemPage - 1)
	x := a.extents
	x.mu.Lock()
	defer x.mu.Unlock()
	if n > len(x.left) {
		m, err := unix.Mmap(-1, 0, max(n, extentBytes), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
		if err != nil {
			return nil
		}
		x.mapped = append(x.mapped, m)
		x.left = m
	}
	b := x.left[:n:n]
	x.left = x.left[n:]
	a.bytes.Add(int64(n))
	return b
}

// newChunk returns a zeroed array of T, or nil when the system has no memory.
// T must hold no Go pointers: the collector does not look into mapped memory.
func newChunk[T any](a *Arena) *[ChunkSlots]T {
	var zero [ChunkSlots]T
	b := a.cut(int(unsafe.Sizeof(zero)))
	if b == nil {
		return nil
	}
	// Sound: b is zeroed, page-aligned (more than any T asks for), at least
	// Sizeof(zero) long, handed out once, and lives as long as the arena.
	return (*[ChunkSlots]T)(unsafe.Pointer(unsafe.SliceData(b)))
}
