//go:build amd64 && !purego && !race

package shard

import "golang.org/x/sys/cpu"

// The twin for everything else is label_other.go; the race detector does not see
// what assembly reads.

// hasAVX chooses once for all.
var hasAVX = cpu.X86.HasAVX

// entryOfLabel is how FindInOrder looks through a block. It looks for the first entry
// with the label in n lines, 1 or more, and returns what stands in that place a moment
// later, and whether there was one. It needs AVX.
//
// It reads two entries at a time, in the order of their places: a processor with
// AVX reads 16 aligned bytes at once (Intel, Software Developer's Manual, volume
// 3A, "Guaranteed Atomic Operations", which AMD has confirmed for its own), and
// keeps the order of loads. So a label that is held all the while is not missed,
// for the reason that scanOwn gives.
//
//go:noescape
func entryOfLabel(lines *line, n int, label uint32) (entry uint64, found bool)

// findInBlock is FindInOrder for a longer list.
func (ss *Sockets) findInBlock(word uint64, label uint32) Entry {
	if !hasAVX {
		return findLabel(ss.run(word), label)
	}
	class := word >> classShift & classMask
	e, found := entryOfLabel(ss.blocks[class].At(uint32(word&blockMask)), 1<<class, label)
	if !found || Entry(e).Label() == label {
		return Entry(e)
	}
	return findLabel(ss.run(word), label) // it was put elsewhere, or replaced, since
}
