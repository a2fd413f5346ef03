//go:build amd64 && !purego && !race

package shard

import (
	"math/bits"

	"golang.org/x/sys/cpu"
)

// The twin for everything else is label_other.go; the race detector does not see
// what assembly reads.

// hasAVX2 chooses once for all.
var hasAVX2 = cpu.X86.HasAVX2

// groupLines is how many lines placeOfLabel looks at in one call: 64 entries.
const groupLines = 8

// placeOfLabel returns a bit for each entry of n lines, 1 to groupLines, that has
// the label. It needs AVX2.
//
// It reads 32 bytes at a time. No processor with AVX2 tears an aligned part of 8
// bytes of such a load, so each entry is read whole; but some may read the parts
// in another order than that of their places. So what it does not find may still
// be there.
//
//go:noescape
func placeOfLabel(lines *line, n int, label uint32) uint64

// findInBlock is Find for a longer list.
func (ss *Sockets) findInBlock(word uint64, label uint32) Entry {
	class, block := word>>classShift&classMask, uint32(word&blockMask)
	if !hasAVX2 {
		return ss.findInBlockPlain(word, label)
	}
	// A line of a block is a slot of its slab, so that no slice is needed.
	for end := block + 1<<class; block < end; block += groupLines {
		m := placeOfLabel(ss.blocks[class].At(block), min(groupLines, 1<<class), label)
		if m == 0 {
			continue
		}
		at := uint32(bits.TrailingZeros64(m))
		if e := Entry(ss.blocks[class].At(block + at/lineEntries)[at%lineEntries].Load()); e.Label() == label {
			return e
		}
		break // it was put, or replaced, since
	}
	return ss.findInBlockPlain(word, label)
}
