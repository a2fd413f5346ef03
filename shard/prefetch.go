package shard

import "unsafe"

// A burst fetches what it needs from memory side by side: all buckets, then all
// flows, then all sockets. Reading them would do that only as far as the
// processor looks ahead, a few hundred instructions, since no instruction retires
// before the ones in front of it; a prefetch retires at once.
//
// prefetch_asm.go does it; in other builds, for which prefetch_plain.go is, nothing
// is asked for, and the answers are the same.

// PrefetchBytes asks for the first line of each slice. Sound: a slice begins with
// its pointer, and nothing is read through it.
func PrefetchBytes(slices [][]byte) {
	prefetch(unsafe.Pointer(unsafe.SliceData(slices)), len(slices), unsafe.Sizeof([]byte(nil)))
}

// fetchCells asks for cells, nil for none. Sound as PrefetchBytes.
func fetchCells(cells []*Cell) {
	prefetch(unsafe.Pointer(unsafe.SliceData(cells)), len(cells), unsafe.Sizeof((*Cell)(nil)))
}
