//go:build !amd64 || purego || race

package shard

// findLabel returns the first entry with the label, or the zero Entry.
func findLabel(lines []line, label uint32) Entry { return findLabelPlain(lines, label) }
