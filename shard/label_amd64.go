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
// bytes of such a load, and amd64 keeps loads in order, so each entry is read as
// by an atomic load.
//
//go:noescape
func placeOfLabel(lines *line, n int, label uint32) uint64

// findLabel returns the first entry with the label, or the zero Entry.
func findLabel(lines []line, label uint32) Entry {
	if !hasAVX2 {
		return findLabelPlain(lines, label)
	}
	for len(lines) > 0 {
		n := min(groupLines, len(lines))
		if m := placeOfLabel(&lines[0], n, label); m != 0 {
			return entryAt(lines, m, label)
		}
		lines = lines[n:]
	}
	return 0
}

// entryAt reads the entry of the first bit in m. It was there a moment ago, and
// may have been put, or replaced, since.
func entryAt(lines []line, m uint64, label uint32) Entry {
	at := bits.TrailingZeros64(m)
	if e := Entry(lines[at/lineEntries][at%lineEntries].Load()); e.Label() == label {
		return e
	}
	return findLabelPlain(lines, label)
}
