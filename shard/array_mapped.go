//go:build (linux || darwin) && (amd64 || arm64) && !race && !purego

package shard

import (
	"runtime"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"
)

// An array has its addresses from the beginning, and its memory as it grows. So
// the way from a number to the element is a multiplication and a sum, where a
// table of chunks costs a bounds check and a load more each time, and a packet
// goes that way four times. Among half a million leases the lookup of a label took
// 43 ns with it and 55 with such a table, at best. The twin is array_heap.go.

// region is the addresses of one array.
type region struct {
	arena *Arena
	bytes []byte // all of it; begins on the border of a huge page
	limit int    // chunks that it has room for
	mu    sync.Mutex
	ready int // bytes that may be used; guarded by mu
}

// regions are the mappings of one arena.
type regions struct {
	mu     sync.Mutex
	mapped [][]byte // guarded by mu until the arena is unreachable
}

func (x *regions) unmap() {
	for _, m := range x.mapped {
		_ = unix.Munmap(m) // nothing could be done about an error here
	}
}

// NewArena returns an empty arena. Its memory is unmapped once the arena is
// unreachable: whoever holds a pointer to a slot must keep the arena reachable.
func NewArena() *Arena {
	a := &Arena{regions: new(regions)}
	runtime.AddCleanup(a, (*regions).unmap, a.regions)
	return a
}

const hugePage = 2 << 20

// reserve returns n bytes of addresses, which may not be used yet; nil when the
// system has none.
func (a *Arena) reserve(n int) []byte {
	const flags = unix.MAP_ANON | unix.MAP_PRIVATE | unix.MAP_NORESERVE
	m, err := unix.Mmap(-1, 0, n+hugePage, unix.PROT_NONE, flags)
	if err != nil {
		return nil
	}
	a.regions.mu.Lock()
	a.regions.mapped = append(a.regions.mapped, m)
	a.regions.mu.Unlock()
	// Sound: the address is only computed with.
	skip := -int(uintptr(unsafe.Pointer(unsafe.SliceData(m)))) & (hugePage - 1)
	m = m[skip : skip+n : skip+n]
	if n > hugePage { // a small array is not worth a huge page
		adviseHuge(m[hugePage:])
	}
	return m
}

// need makes the first n bytes of a region usable, some more with them. They are
// zero.
func (r *region) need(n int) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if n <= r.ready {
		return true
	}
	if n > len(r.bytes) {
		return false
	}
	n = min((n+hugePage-1)&^(hugePage-1), len(r.bytes))
	if unix.Mprotect(r.bytes[r.ready:n], unix.PROT_READ|unix.PROT_WRITE) != nil {
		return false
	}
	r.ready = n
	return true
}

// array is an array of T that never moves and is made chunk by chunk. Copies are
// the same array.
type array[T any] struct {
	base   unsafe.Pointer // of region
	region *region
}

// newArray returns an array of up to so many chunks, none of which is made yet. T
// must hold no Go pointers: the collector does not look into mapped memory. Where
// the system has no addresses left no chunk can be made.
func newArray[T any](a *Arena, chunks int) array[T] {
	n := (chunks*int(sizeOf[[ChunkSlots]T]()) + systemPage - 1) &^ (systemPage - 1)
	r := &region{arena: a, bytes: a.reserve(n), limit: chunks}
	return array[T]{unsafe.Pointer(unsafe.SliceData(r.bytes)), r}
}

const systemPage = 16 << 10 // or less

// chunks returns how many chunks the array may have.
func (v *array[T]) chunks() int { return v.region.limit }

// grow makes a chunk of zeroes. It returns false when the system has no memory.
func (v *array[T]) grow(chunk uint32) bool {
	size := sizeOf[[ChunkSlots]T]()
	if !v.region.need((int(chunk) + 1) * int(size)) {
		return false
	}
	v.region.arena.bytes.Add(size)
	return true
}

// at returns element i, whose chunk has been made.
//
// Sound: the region is page-aligned (more than any T asks for), has room for all
// chunks, is this array's alone, and lives as long as the arena.
func (v *array[T]) at(i uint32) *T {
	var zero T
	return (*T)(unsafe.Add(v.base, uintptr(i)*unsafe.Sizeof(zero)))
}

// run returns n elements from i on, all of one chunk. Sound as at.
func (v *array[T]) run(i, n uint32) []T { return unsafe.Slice(v.at(i), n) }

// fetch asks memory for the first line of the elements with those numbers. Their
// chunks need not have been made.
func (v *array[T]) fetch(numbers []uint32) {
	var zero T
	prefetchAt(v.base, unsafe.Sizeof(zero), unsafe.SliceData(numbers), len(numbers))
}
