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

// findLabel returns the first entry with the label, or the zero Entry.
func findLabel(lines []line, label uint32) Entry {
	for rest := lines; hasAVX2 && len(rest) > 0; {
		n := min(groupLines, len(rest))
		if m := placeOfLabel(&rest[0], n, label); m != 0 {
			at := bits.TrailingZeros64(m)
			if e := Entry(rest[at/lineEntries][at%lineEntries].Load()); e.Label() == label {
				return e
			}
			break // it was put, or replaced, since
		}
		rest = rest[n:]
	}
	return findLabelPlain(lines, label)
}
