package order

import (
	"bytes"
	"encoding/binary"
	"hash/fnv"
	"slices"
	"testing"
	"unsafe"
)

// TestLabels: the two sets hold each label but 0 once.
func TestLabels(t *testing.T) {
	in, out := Labels(1 << 19)
	seen := make([]bool, LabelSpace)
	seen[0] = true
	for _, set := range [][]uint32{in, out} {
		for _, l := range set {
			if seen[l] {
				t.Fatalf("label %#x twice", l)
			}
			seen[l] = true
		}
	}
	if len(in) != 1<<19 || len(in)+len(out) != LabelSpace-1 {
		t.Fatalf("%d and %d labels", len(in), len(out))
	}
}

// TestFlows: no two flows are the same, and a flow has no bytes that a
// comparison by memory would have to skip.
func TestFlows(t *testing.T) {
	in, out := Flows(1 << 16)
	seen := make(map[Flow]bool)
	for _, set := range [][]Flow{in, out} {
		for _, f := range set {
			seen[f] = true
		}
	}
	if len(seen) != 1<<17 {
		t.Fatalf("%d flows of %d", len(seen), 1<<17)
	}
	if size := unsafe.Sizeof(Flow{}); size != 40 {
		t.Fatalf("%d bytes", size)
	}
}

// TestDraw: as many hits as wanted, each key the one that At names.
func TestDraw(t *testing.T) {
	in, out := Labels(1000)
	members := make(map[uint32]bool)
	for _, l := range in {
		members[l] = true
	}
	for _, hits := range []int{0, 50, 100} {
		d, found := Draw(in, out, hits), 0
		for i, k := range d.Keys {
			if at := d.At[i]; at != 0 {
				found++
				if in[at-1] != k {
					t.Fatalf("draw %d: key %d is not number %d", i, k, at)
				}
			} else if members[k] {
				t.Fatalf("draw %d: key %d counts as a miss", i, k)
			}
		}
		if want := Draws * hits / 100; found < want-Draws/100 || found > want+Draws/100 {
			t.Errorf("%d hits of %d, want about %d", found, Draws, want)
		}
	}
}

// TestFixed: the order is the same on every machine and in every run; numbers
// measured on two orders are not to be compared.
func TestFixed(t *testing.T) {
	h := fnv.New64a()
	in, out := Labels(1 << 10)
	var b [4]byte
	for _, k := range Draw(in, out, 50).Keys {
		binary.LittleEndian.PutUint32(b[:], k)
		_, _ = h.Write(b[:]) // never fails
	}
	if got := h.Sum64(); got != 0x52822b84670c9ff7 {
		t.Errorf("hash of the order is %#x", got)
	}
}

// TestSum: rounds and remainders of parts add up to the sum of the draws.
func TestSum(t *testing.T) {
	in, out := Labels(10)
	d := Draw(in, out, 50)
	worth := func(at uint32) uint64 { return uint64(at) }
	for _, n := range []int{0, 1, 1000, Draws / 3, Draws, 2*Draws + 7} {
		p, want := d.Part(1, 3), uint64(0)
		for i := range n {
			want += uint64(p.At[i%len(p.At)])
		}
		if got := p.Sum(n, worth); got != want {
			t.Errorf("sum of %d is %d, want %d", n, got, want)
		}
	}
}

// TestPackets reads the packets' keys back.
func TestPackets(t *testing.T) {
	in, out := Flows(100)
	d := Draw(in, out, 50)
	p := Packets(d, func(at uint32) uint32 { return at + 1 })
	for i := range p.Keys {
		b := p.Keys[i][:]
		f := &d.Keys[i]
		if binary.BigEndian.Uint32(b) != 6<<28|(d.At[i]+1) || b[6] != f.Protocol ||
			!bytes.Equal(b[8:24], f.Src[:]) || !bytes.Equal(b[24:40], f.Dst[:]) ||
			binary.BigEndian.Uint16(b[40:]) != f.SrcPort || binary.BigEndian.Uint16(b[42:]) != f.DstPort {
			t.Fatalf("packet %d: %x of %+v", i, b, f)
		}
	}
	if total := len(p.Keys) * PacketLen; total < 64<<20 {
		t.Errorf("%d bytes of buffers", total)
	}
}

// TestPart: the parts of the workers are the order, cut up.
func TestPart(t *testing.T) {
	in, out := Labels(1000)
	d := Draw(in, out, 50)
	for _, workers := range []int{1, 2, 16} {
		var keys, at []uint32
		for w := range workers {
			p := d.Part(w, workers)
			keys, at = append(keys, p.Keys...), append(at, p.At...)
		}
		if !slices.Equal(keys, d.Keys) || !slices.Equal(at, d.At) {
			t.Errorf("the parts of %d workers are not the order", workers)
		}
	}
}
