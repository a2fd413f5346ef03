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
		source := func(name string) []byte {
			p := packet(UDP, ported())
			copy(p[8:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, name))
			return p
		}
		p, q := source("source"), source("other")
		a := rapid.IntRange(0, MaxNumber).Draw(t, "a")
		b := rapid.IntRange(0, MaxNumber).Draw(t, "b")
		original := bytes.Clone(p)
		Renumber(p, a)
		Renumber(q, b)
		if a != b && bytes.Equal(p[8:24], q[8:24]) {
			t.Fatalf("numbers %d and %d: both %x", a, b, p[8:24])
		}
		if sum(p[8:24]) != sum(original[8:24]) {
			t.Fatalf("number %d: %x has another checksum than %x", a, p[8:24], original[8:24])
		}
		copy(p[8:24], original[8:24])
		if !bytes.Equal(p, original) {
			t.Fatalf("number %d: more than the source address changed", a)
		}
	})
}

func TestReverse(t *testing.T) {
	echo := []byte{128, 0, 0x12, 0x34, 0x03, 0xe8, 0, 1}
	for name, p := range map[string][]byte{
		"udp":            packet(UDP, ported()),
		"behind headers": packet(HopByHop, header(TCP, 16), ported()),
		"echo":           packet(ICMPv6, echo),
		"neighbour":      packet(ICMPv6, []byte{135, 0, 0, 0}),
		"no ports":       packet(NoNext),
	} {
		before := bytes.Clone(p)
		want, _ := Read(p)
		Reverse(p)
		if got, form := Read(p); form != Told || got != want.Reversed() {
			t.Errorf("%s: %+v, reversed %+v", name, want, got)
		}
		if sum(p) != sum(before) {
			t.Errorf("%s: another checksum", name)
		}
		if Reverse(p); !bytes.Equal(p, before) {
			t.Errorf("%s: reversed twice: %x, was %x", name, p, before)
		}
	}
}

func TestStrip(t *testing.T) {
	want := packet(UDP, ported())
	p := packet(HopByHop, header(Destination, 16), header(UDP, 8), ported())
	if p = Strip(p, 24, UDP); !bytes.Equal(p, want) {
		t.Errorf("%x, want %x", p, want)
	}
}
