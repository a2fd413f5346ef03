//go:build (linux || darwin) && (amd64 || arm64) && !race && !purego

package shard

import (
	"math"
	"runtime"
	"sync"
	"sync/atomic"
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
	arena *Arena // kept reachable by whoever has the array
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
		reserved.Add(-int64(len(m)))
	}
}

// Where the process may have so many addresses only (ulimit -v), an array gets
// 1/256 of them at most, so that an engine gets a seventh, and all arrays together
// get half: the Go runtime needs some, too. The tables are full earlier, then.
const (
	arrayShare = 256
	allShare   = 2
)

// reserved is how many bytes of addresses all arenas of the process have.
var reserved atomic.Int64

// addressLimit returns how many addresses the process may have.
func addressLimit() int {
	var limit unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_AS, &limit) != nil || limit.Cur > math.MaxInt64 {
		return math.MaxInt64
	}
	return int(limit.Cur)
}

// NewArena returns an empty arena. Its memory is unmapped once the arena is
// unreachable: whoever holds a pointer to a slot must keep the arena reachable.
func NewArena() *Arena {
	a := &Arena{regions: new(regions)}
	runtime.AddCleanup(a, (*regions).unmap, a.regions)
	return a
}

const hugePage = 2 << 20

// reserve returns n bytes of addresses, or as many as an array may have, which may
// not be used yet; nil when there are none.
func (a *Arena) reserve(n int) []byte {
	const flags = unix.MAP_ANON | unix.MAP_PRIVATE | unix.MAP_NORESERVE
	limit := addressLimit()
	n = min(n, limit/arrayShare&^(systemPage-1))
	if all := int64(n + hugePage); reserved.Add(all) > int64(limit/allShare) {
		reserved.Add(-all)
		return nil
	}
	m, err := unix.Mmap(-1, 0, n+hugePage, unix.PROT_NONE, flags)
	if err != nil {
		reserved.Add(-int64(n + hugePage))
		return nil
	}
	a.regions.mu.Lock()
	a.regions.mapped = append(a.regions.mapped, m)
	a.regions.mu.Unlock()
	// Sound: the address is only computed with.
	skip := -int(uintptr(unsafe.Pointer(unsafe.SliceData(m)))) & (hugePage - 1)
	return m[skip : skip+n : skip+n]
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
	// Not before there is memory, or each array would be two mappings from the start.
	// A small one is not worth a huge page.
	if from := max(r.ready, hugePage); from < n {
		adviseHuge(r.bytes[from:n])
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

const systemPage = 64 << 10 // or less

// chunks returns how many chunks the array may have.
func (v *array[T]) chunks() int { return v.region.limit }

// grow makes a chunk of zeroes, unless it is there. It returns false when the
// system has no memory, or the array no more addresses.
func (v *array[T]) grow(chunk uint32) bool {
	return v.region.need((int(chunk) + 1) * int(sizeOf[[ChunkSlots]T]()))
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
	prefetchAt(v.base, unsafe.Sizeof(zero), unsafe.Pointer(unsafe.SliceData(numbers)), 4, len(numbers))
}

// fetchOf is fetch for the slots of handles.
//
// Sound: the slot is the low half of a handle, which both architectures store first.
func (v *array[T]) fetchOf(handles []Handle) {
	var zero T
	prefetchAt(v.base, unsafe.Sizeof(zero), unsafe.Pointer(unsafe.SliceData(handles)), 8, len(handles))
}
