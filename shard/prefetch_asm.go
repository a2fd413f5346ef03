//go:build (amd64 || arm64) && !purego

package shard

import "unsafe"

// prefetch asks for the cache lines that n pointers name, which are size bytes
// apart. A nil pointer, or one to memory that is not mapped, does no harm: a
// prefetch never faults.
//
//go:noescape
func prefetch(pointers unsafe.Pointer, n int, size uintptr)

// prefetchAt asks for the first cache line of n elements of an array, given their
// numbers and their size in bytes.
//
//go:noescape
func prefetchAt(base unsafe.Pointer, size uintptr, numbers *uint32, n int)
