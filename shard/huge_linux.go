//go:build linux && (amd64 || arm64) && !race && !purego

package shard

import "golang.org/x/sys/unix"

// Slots are looked at in random order, so that nearly every look misses the
// processor's table of pages, and a miss reads that table from memory. With huge
// pages there are 512 times fewer entries.

// adviseHuge asks for huge pages. A system that has none says so, and nothing is
// lost.
func adviseHuge(b []byte) { _ = unix.Madvise(b, unix.MADV_HUGEPAGE) }
