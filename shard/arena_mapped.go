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

const systemPage = 4096

// cut returns n zeroed bytes that start on a system page, or nil when the
// system has no more.
func (a *Arena) cut(n int) []byte {
	n = (n + systemPage - 1) &^ (systemPage - 1)
	x := a.extents
	x.mu.Lock()
	defer x.mu.Unlock()
	if n > len(x.left) && !x.extend(n) {
		return nil
	}
	b := x.left[:n:n]
	x.left = x.left[n:]
	a.bytes.Add(int64(n))
	return b
}

// extend maps an extent with room for n bytes. Its caller holds mu.
//
// The mapping is longer than the extent by a huge page, so that the extent can
// begin on the border of one; what is never touched costs addresses only.
func (x *extents) extend(n int) bool {
	const flags = unix.MAP_ANON | unix.MAP_PRIVATE | unix.MAP_NORESERVE
	size := max(n, extentBytes)
	m, err := unix.Mmap(-1, 0, size+alignBytes, unix.PROT_READ|unix.PROT_WRITE, flags)
	if err != nil {
		return false
	}
	x.mapped = append(x.mapped, m)
	skip := 0
	if alignBytes != 0 {
		// Sound: the address is only computed with.
		skip = -int(uintptr(unsafe.Pointer(unsafe.SliceData(m)))) & (hugePage - 1)
	}
	x.left = m[skip : skip+size]
	adviseHuge(x.left)
	return true
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
