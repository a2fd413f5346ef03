package pkt

import (
	"bytes"
	"encoding/binary"
	"testing"

	"pgregory.net/rapid"
)

// sum is the checksum's sum over p, in a form in which equal sums are equal.
func sum(p []byte) uint64 {
	total := uint64(0)
	for ; len(p) > 0; p = p[2:] {
		total += uint64(binary.BigEndian.Uint16(p))
	}
	return total % 0xffff
}

func TestRenumber(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		address := rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "address")
		a := rapid.IntRange(0, MaxCopy).Draw(t, "a")
		b := rapid.IntRange(0, MaxCopy).Draw(t, "b")
		original := packet(UDP, ported())
		copy(original[8:], address)
		p, q := bytes.Clone(original), bytes.Clone(original)
		Renumber(p, a)
		Renumber(q, b)
		if (a == b) != bytes.Equal(p, q) {
			t.Fatalf("copies %d and %d: %x and %x", a, b, p[8:24], q[8:24])
		}
		if sum(p[8:24]) != sum(original[8:24]) {
			t.Fatalf("copy %d: %x has another checksum than %x", a, p[8:24], address)
		}
		copy(p[8:24], original[8:24])
		if !bytes.Equal(p, original) {
			t.Fatalf("copy %d: more than the source address changed", a)
		}
	})
}

func TestRenumberOriginal(t *testing.T) {
	p := packet(UDP, ported())
	Renumber(p, 0)
	if !bytes.Equal(p, packet(UDP, ported())) {
		t.Errorf("copy 0 is not the original: %x", p[8:24])
	}
}
