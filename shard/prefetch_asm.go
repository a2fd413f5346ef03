//go:build (amd64 || arm64) && !purego

package shard

import "unsafe"

// The twin for everything else is prefetch_plain.go.

// prefetch asks for the cache lines that n pointers name. A nil pointer, or one
// to memory that is not mapped, does no harm: a prefetch never faults.
//
//go:noescape
func prefetch(lines *[Burst]unsafe.Pointer, n int)

// prefetchBytes asks for the first line of n slices.
//
//go:noescape
func prefetchBytes(slices *[]byte, n int)

// Each conversion below is sound: an array of pointers to one type is read as an
// array of pointers, and nothing is read through them.

func (b *bucketBurst) prefetch(n int) { prefetch((*[Burst]unsafe.Pointer)(unsafe.Pointer(b)), n) }

func (b *cellBurst) prefetch(n int) { prefetch((*[Burst]unsafe.Pointer)(unsafe.Pointer(b)), n) }

func (b *flowBurst) prefetch(n int) { prefetch((*[Burst]unsafe.Pointer)(unsafe.Pointer(b)), n) }

// Prefetch asks for the first n leases.
func (b *LeaseBurst) Prefetch(n int) { prefetch((*[Burst]unsafe.Pointer)(unsafe.Pointer(b)), n) }

// Prefetch asks for the first line of the first n sockets.
func (b *SocketBurst) Prefetch(n int) { prefetch((*[Burst]unsafe.Pointer)(unsafe.Pointer(b)), n) }

// PrefetchBytes asks for the first line of each slice.
func PrefetchBytes(slices [][]byte) {
	if len(slices) > 0 {
		prefetchBytes(&slices[0], len(slices))
	}
}
