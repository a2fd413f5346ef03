package pkt

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"testing"
)

var (
	src = netip.MustParseAddr("2001:db8::1").As16()
	dst = netip.MustParseAddr("2001:db8::2").As16()
)

// packet returns an IPv6 packet with a label, and what follows the fixed header.
func packet(next uint8, payload ...[]byte) []byte {
	p := make([]byte, HeaderLen)
	binary.BigEndian.PutUint32(p, 6<<28|0xab<<20|0x12345)
	p[6], p[7] = next, 64
	copy(p[8:], src[:])
	copy(p[24:], dst[:])
	for _, part := range payload {
		p = append(p, part...)
	}
	binary.BigEndian.PutUint16(p[4:], uint16(len(p)-HeaderLen))
	return p
}

// header returns an extension header of so many bytes in units of 8.
func header(next uint8, length int) []byte {
	h := make([]byte, length)
	h[0], h[1] = next, uint8(length/8-1)
	return h
}

// ported returns the beginning of an upper header with ports 1000 and 2000.
func ported() []byte { return []byte{0x03, 0xe8, 0x07, 0xd0, 0, 0, 0, 0} }

func TestFlow(t *testing.T) {
	ah := make([]byte, 24)
	ah[0], ah[1] = UDP, 4
	first, later := header(UDP, 8), header(UDP, 8)
	first[1], later[1] = 0xff, 0xff // reserved in a fragment header, no length
	first[3], later[3] = 1, 8       // more to come; 8 bytes into the whole
	cut := packet(HopByHop, header(Routing, 8), header(UDP, 24))[:HeaderLen+8+23]
	for name, c := range map[string]struct {
		packet   []byte
		protocol uint8
		src, dst uint16
	}{
		"udp":             {packet(UDP, ported()), UDP, 1000, 2000},
		"tcp":             {packet(TCP, ported()), TCP, 1000, 2000},
		"hop-by-hop":      {packet(HopByHop, header(UDP, 16), ported()), UDP, 1000, 2000},
		"several headers": {packet(HopByHop, header(Destination, 8), header(Routing, 16), header(Destination, 24), header(SCTP, 8), ported()), SCTP, 1000, 2000},
		"authentication":  {packet(AH, ah, ported()), UDP, 1000, 2000},
		"first fragment":  {packet(Fragment, first, ported()), UDP, 1000, 2000},
		"later fragment":  {packet(Fragment, later, ported()), UDP, 0, 0},
		"security":        {packet(ESP, ported()), ESP, 1000, 2000},
		"echo":            {packet(ICMPv6, []byte{128, 0, 0, 0, 0x03, 0xe8}), ICMPv6, 128, 1000},
		"neighbour":       {packet(ICMPv6, []byte{135, 0, 0, 0, 0x03, 0xe8}), ICMPv6, 135, 0},
		"nothing":         {packet(NoNext), NoNext, 0, 0},
		"mobility":        {packet(Mobility, header(NoNext, 8)), NoNext, 0, 0},
		"unknown":         {packet(253, ported()), 253, 0, 0},
		"ports cut off":   {packet(UDP, []byte{3}), UDP, 0, 0},
		"header cut off":  {cut, Routing, 0, 0},
		"length cut off":  {packet(Destination, []byte{UDP}), Destination, 0, 0},
		"icmp cut off":    {packet(ICMPv6), ICMPv6, 0, 0},
	} {
		p, ok := Cut(c.packet)
		if !ok {
			t.Errorf("%s: no packet", name)
			continue
		}
		want := Key{Src: src, Dst: dst, Protocol: c.protocol, SrcPort: c.src, DstPort: c.dst}
		if got := Flow(p); got != want {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
}

func TestCut(t *testing.T) {
	whole := packet(UDP, ported())
	padded := append(bytes.Clone(whole), 0, 0, 0, 0)
	if p, ok := Cut(padded); !ok || !bytes.Equal(p, whole) {
		t.Errorf("padding stayed: %d bytes, %v", len(p), ok)
	}
	jumbo := bytes.Clone(padded)
	binary.BigEndian.PutUint16(jumbo[4:], 0)
	if p, ok := Cut(jumbo); !ok || len(p) != len(jumbo) {
		t.Errorf("jumbogram cut to %d bytes", len(p))
	}
	if p, ok := Cut(whole[:HeaderLen+3]); !ok || len(p) != HeaderLen+3 {
		t.Errorf("short capture: %d bytes, %v", len(p), ok)
	}
	bad := map[string][]byte{"empty": nil, "short": whole[:HeaderLen-1], "IPv4": bytes.Clone(whole)}
	bad["IPv4"][0] = 0x45
	for _, to := range []string{"::", "::ffff:192.0.2.1"} {
		a := netip.MustParseAddr(to).As16()
		bad[to] = bytes.Clone(whole)
		copy(bad[to][24:], a[:])
	}
	for name, p := range bad {
		if _, ok := Cut(p); ok {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestLabel(t *testing.T) {
	p := packet(UDP, ported())
	before := bytes.Clone(p)
	if got := Label(p); got != 0x12345 {
		t.Fatalf("label %#x", got)
	}
	SetLabel(p, 0xffcba98) // bits above the label's are none of it
	if got := Label(p); got != 0xcba98 {
		t.Errorf("label %#x", got)
	}
	SetLabel(p, 0x12345)
	if !bytes.Equal(p, before) {
		t.Errorf("more than the label changed: %x, was %x", p, before)
	}
}

func FuzzFlow(f *testing.F) {
	f.Add(packet(UDP, ported()))
	f.Add(packet(HopByHop, header(Fragment, 8), header(AH, 8), header(UDP, 8), ported()))
	f.Add(packet(Routing, []byte{Routing, 255}))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, ok := Cut(data)
		if !ok {
			return
		}
		if len(p) > len(data) || len(p) < HeaderLen {
			t.Fatalf("%d bytes of %d", len(p), len(data))
		}
		key := Flow(p)
		if _, upper := Upper(p); len(upper) > len(p)-HeaderLen {
			t.Fatalf("upper header of %d bytes in %d", len(upper), len(p))
		}
		label := Label(p)
		SetLabel(p, ^label)
		if Flow(p) != key || Label(p) != ^label&labelMask {
			t.Fatal("a label changed the flow, or something else than the label")
		}
		SetLabel(p, label)
		Renumber(p, 1)
		if Flow(p) == key {
			t.Fatal("a copy is of the same flow")
		}
	})
}
