//go:build linux && !race && !purego && (amd64 || arm64)

package shard

import "golang.org/x/sys/unix"

// Slots are looked at in random order, so that nearly every look misses the
// processor's table of pages, and a miss reads that table from memory. With huge
// pages there are 512 times fewer entries. The twin is arena_plain.go.

const (
	hugePage   = 2 << 20
	alignBytes = hugePage
	// extentBytes is the size of one mapping.
	extentBytes = 16 * hugePage
)

// adviseHuge asks for huge pages. A system that has none says so, and nothing is
// lost.
func adviseHuge(b []byte) { _ = unix.Madvise(b, unix.MADV_HUGEPAGE) }
