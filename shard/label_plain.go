package shard

import "math/bits"

// findLabel returns the first entry with the label, or the zero Entry. A line is
// looked at whole, since where in it the label stands cannot be foretold.
func findLabel(lines []line, label uint32) Entry {
	for i := range lines {
		l := &lines[i] // a pointer to an array: no bounds checks below
		m := hasLabel(l[0].Load(), label) | hasLabel(l[1].Load(), label)<<1 | hasLabel(l[2].Load(), label)<<2 |
			hasLabel(l[3].Load(), label)<<3 | hasLabel(l[4].Load(), label)<<4 | hasLabel(l[5].Load(), label)<<5 |
			hasLabel(l[6].Load(), label)<<6 | hasLabel(l[7].Load(), label)<<7
		if m == 0 {
			continue
		}
		if e := Entry(l[bits.TrailingZeros32(m)&(lineEntries-1)].Load()); e.Label() == label {
			return e
		}
		return scanLabel(lines, label)
	}
	return 0
}

// scanLabel is the same, place by place; see scanOwn.
func scanLabel(lines []line, label uint32) Entry {
	for i := range lines {
		for j := range lines[i] {
			if e := Entry(lines[i][j].Load()); e.Label() == label {
				return e
			}
		}
	}
	return 0
}
