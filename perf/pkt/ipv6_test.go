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

func TestRead(t *testing.T) {
	ah := make([]byte, 24)
	ah[0], ah[1] = UDP, 4
	first, later := header(UDP, 8), header(UDP, 8)
	first[1], later[1] = 0xff, 0xff // reserved in a fragment header, no length
	first[3], later[3] = 1, 8       // more to come; 8 bytes into the whole
	chain := func(n int) []byte {
		parts := [][]byte{}
		for range n - 1 {
			parts = append(parts, header(Destination, 8))
		}
		return packet(Destination, append(parts, header(UDP, 8), ported())...)
	}
	short := packet(UDP, ported())
	for name, c := range map[string]struct {
		packet   []byte
		form     Form
		protocol uint8
		src, dst uint16
	}{
		"udp":             {packet(UDP, ported()), Told, UDP, 1000, 2000},
		"tcp":             {packet(TCP, ported()), Told, TCP, 1000, 2000},
		"hop-by-hop":      {packet(HopByHop, header(UDP, 16), ported()), Told, UDP, 1000, 2000},
		"several headers": {packet(HopByHop, header(Destination, 8), header(Routing, 16), header(Destination, 24), header(SCTP, 8), ported()), Told, SCTP, 1000, 2000},
		"authentication":  {packet(AH, ah, ported()), Told, UDP, 1000, 2000},
		"first fragment":  {packet(Fragment, first, ported()), Told, UDP, 1000, 2000},
		"later fragment":  {packet(Fragment, later, ported()), Later, 0, 0, 0},
		"security":        {packet(ESP, ported()), Told, ESP, 0, 0},
		"echo request":    {packet(ICMPv6, []byte{128, 0, 0, 0, 0x03, 0xe8, 0, 1}), Told, ICMPv6, 1000, 0},
		"echo reply":      {packet(ICMPv6, []byte{129, 0, 0, 0, 0x03, 0xe8, 0, 1}), Told, ICMPv6, 0, 1000},
		"neighbour":       {packet(ICMPv6, []byte{135, 0, 0, 0, 0x03, 0xe8}), Told, ICMPv6, 0, 0},
		"nothing":         {packet(NoNext), Told, NoNext, 0, 0},
		"mobility":        {packet(Mobility, header(NoNext, 8)), Told, NoNext, 0, 0},
		"unknown":         {packet(253, ported()), Told, 253, 0, 0},
		"length unknown":  {append(packet(UDP)[:HeaderLen], ported()...), Told, UDP, 1000, 2000},
		"eight headers":   {chain(8), Told, UDP, 1000, 2000},
		"nine headers":    {chain(9), Damaged, 0, 0, 0},
		"ports cut off":   {packet(UDP, []byte{3}), Damaged, 0, 0, 0},
		"header cut off":  {packet(HopByHop, header(Routing, 8), header(UDP, 24)[:23]), Damaged, 0, 0, 0},
		"length cut off":  {packet(Destination, []byte{UDP}), Damaged, 0, 0, 0},
		"icmp cut off":    {packet(ICMPv6), Damaged, 0, 0, 0},
		"echo cut off":    {packet(ICMPv6, []byte{128, 0, 0, 0, 3, 0xe8}), Damaged, 0, 0, 0},
		"packet cut off":  {short[:len(short)-1], Damaged, 0, 0, 0},
		"no packet":       {short[:HeaderLen-1], Damaged, 0, 0, 0},
	} {
		got, form := Read(c.packet)
		if form != c.form {
			t.Errorf("%s: form %v, want %v", name, form, c.form)
		}
		want := Key{Src: src, Dst: dst, Protocol: c.protocol, SrcPort: c.src, DstPort: c.dst}
		if form == Told && got != want {
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

func FuzzRead(f *testing.F) {
	f.Add(packet(UDP, ported()))
	f.Add(packet(HopByHop, header(Fragment, 8), header(AH, 8), header(UDP, 8), ported()))
	f.Add(packet(Routing, []byte{Routing, 255}))
	f.Add(packet(ICMPv6, []byte{128, 0, 0, 0, 3, 0xe8, 0, 1}))
	f.Fuzz(func(t *testing.T, data []byte) {
		key, form := Read(data)
		p, ok := Cut(data)
		if !ok {
			return
		}
		if len(p) > len(data) || len(p) < HeaderLen {
			t.Fatalf("%d bytes of %d", len(p), len(data))
		}
		label := Label(p)
		SetLabel(p, ^label)
		if got, f := Read(p); got != key || f != form || Label(p) != ^label&labelMask {
			t.Fatal("a label changed the flow, or something else than the label")
		}
		if form != Told {
			return
		}
		Renumber(p, 1)
		renumbered, _ := Read(p)
		Reverse(p)
		if got, f := Read(p); f != Told || got != renumbered.Reversed() {
			t.Fatalf("%+v reversed is %+v", renumbered, got)
		}
	})
}
