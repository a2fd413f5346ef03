package core_test

import (
	"encoding/binary"
	"net/netip"
	"testing"

	"github.com/flowlabel/flowlabel/core"
)

// Protocol numbers (IANA).
const (
	protoTCP    = 6
	protoUDP    = 17
	protoESP    = 50
	protoICMPv6 = 58
	protoNone   = 59
	protoTest   = 253
)

// extension is an extension header; its first byte is filled in.
type extension struct {
	number byte
	bytes  []byte
}

// The extension headers of tests: hop-by-hop options with a router alert, two
// kinds of options with padding, a routing header, an authentication header.
var (
	extHop         = extension{0, []byte{0, 0, 5, 2, 0, 0, 1, 0}}
	extDestination = extension{60, []byte{0, 1, 1, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}}
	extRouting     = extension{43, []byte{0, 0, 253, 0, 0, 0, 0, 0}}
	extAH          = extension{51, append([]byte{0, 4}, make([]byte, 22)...)}
	extMobility    = extension{135, []byte{0, 0, 0, 0, 0, 0, 1, 0}}
	extFirst       = extFragment(0, true)
	extLater       = extFragment(185, false)
	extAtomic      = extFragment(0, false)
)

// extFragment returns a fragment header; offset is in units of 8 bytes.
func extFragment(offset uint16, more bool) extension {
	h := []byte{0, 99, 0, 0, 0xde, 0xad, 0xbe, 0xef}
	binary.BigEndian.PutUint16(h[2:], offset<<3)
	if more {
		h[3] |= 1
	}
	return extension{44, h}
}

// upper returns the upper-layer bytes of a packet of t.
func upper(t core.Tuple) []byte {
	src, dst := t.Src().Port(), t.Dst().Port()
	b := []byte{0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13}
	switch {
	case t.Protocol() != protoICMPv6:
		binary.BigEndian.PutUint16(b, src)
		binary.BigEndian.PutUint16(b[2:], dst)
	case src != 0:
		b[0] = 128
		binary.BigEndian.PutUint16(b[4:], src)
	case dst != 0:
		b[0] = 129
		binary.BigEndian.PutUint16(b[4:], dst)
	default:
		b[0] = 1 // destination unreachable
	}
	return b
}

// packetOf returns a packet of t that carries a label.
func packetOf(t core.Tuple, label core.Label, extensions ...extension) []byte {
	p := make([]byte, 40, 128)
	binary.BigEndian.PutUint32(p, 6<<28|0xab<<20|uint32(label))
	p[7] = 64
	src, dst := t.Src().Addr().As16(), t.Dst().Addr().As16()
	copy(p[8:], src[:])
	copy(p[24:], dst[:])
	link := 6 // where the number of what follows goes
	for _, x := range extensions {
		p[link] = x.number
		link = len(p)
		p = append(p, x.bytes...)
	}
	p[link] = t.Protocol()
	p = append(p, upper(t)...)
	binary.BigEndian.PutUint16(p[4:], uint16(len(p)-40))
	return p
}

func tupleWith(t testing.TB, protocol byte, src, dst netip.Addr, sport, dport uint16) core.Tuple {
	t.Helper()
	tup, err := core.NewTuple(protocol, netip.AddrPortFrom(src, sport), netip.AddrPortFrom(dst, dport))
	if err != nil {
		t.Fatal(err)
	}
	return tup
}

// plainOf is a tuple as the model has it.
func plainOf(space int, t core.Tuple) plainFlow {
	return plainFlow{space, t.Protocol(), t.Src().Addr(), t.Dst().Addr(), t.Src().Port(), t.Dst().Port()}
}

// oddPackets returns packets of all kinds: whole ones with each extension
// header, fragments, ICMPv6, wrong lengths, and bytes that are no IPv6.
func oddPackets(t testing.TB) map[string][]byte {
	udp := tupleWith(t, protoUDP, dst1, dst2, 1000, 53)
	echo := tupleWith(t, protoICMPv6, dst1, dst2, 7, 0)
	nine := make([]extension, 9)
	for i := range nine {
		nine[i] = extDestination
	}
	length := func(p []byte, n int) []byte {
		binary.BigEndian.PutUint16(p[4:], uint16(n))
		return p
	}
	v4 := packetOf(udp, 0)
	v4[0] = 0x45
	return map[string][]byte{
		"empty": {}, "IPv4": v4, "one byte": {0x60},
		"UDP": packetOf(udp, 5), "TCP": packetOf(tupleWith(t, protoTCP, dst1, dst2, 1000, 80), 0xfffff),
		"DCCP": packetOf(tupleWith(t, 33, dst1, dst2, 1, 2), 1), "SCTP": packetOf(tupleWith(t, 132, dst1, dst2, 1, 2), 1),
		"UDP-Lite": packetOf(tupleWith(t, 136, dst1, dst2, 1, 2), 1), "test": packetOf(tupleWith(t, protoTest, dst1, dst2, 0, 0), 1),
		"ESP": packetOf(tupleWith(t, protoESP, dst1, dst2, 0, 0), 1), "no next header": packetOf(tupleWith(t, protoNone, dst1, dst2, 0, 0), 1),
		"echo request": packetOf(echo, 1), "echo reply": packetOf(echo.Reversed(), 1),
		"ICMPv6 error": packetOf(tupleWith(t, protoICMPv6, dst1, dst2, 0, 0), 1),
		"hop-by-hop":   packetOf(udp, 1, extHop), "destination": packetOf(udp, 1, extDestination),
		"routing": packetOf(udp, 1, extRouting), "authentication": packetOf(udp, 1, extAH), "mobility": packetOf(udp, 1, extMobility),
		"host identity": packetOf(udp, 1, extension{139, extDestination.bytes}), "shim6": packetOf(udp, 1, extension{140, extHop.bytes}),
		"many":           packetOf(udp, 1, extHop, extDestination, extRouting, extFirst, extAH, extDestination),
		"first fragment": packetOf(udp, 1, extFirst), "later fragment": packetOf(udp, 1, extLater), "atomic fragment": packetOf(udp, 1, extAtomic),
		"ESP fragment": packetOf(tupleWith(t, protoESP, dst1, dst2, 0, 0), 1, extHop, extLater),
		"eight":        packetOf(udp, 1, nine[:8]...), "nine": packetOf(udp, 1, nine...), "ninth is a later fragment": packetOf(udp, 1, append(nine[:8:8], extLater)...),
		"length 0": length(packetOf(udp, 1), 0), "length too long": length(packetOf(udp, 1), 21),
		"length shorter": length(packetOf(udp, 1), 6), "length without ports": length(packetOf(udp, 1), 3),
		"multicast":    packetOf(tupleWith(t, protoUDP, dst1, netip.MustParseAddr("ff02::1"), 1000, 53), 1),
		"IPv4-mapped":  packetOf(udp, 1)[:40:40],
		"options only": length(packetOf(udp, 1, extHop), 8),
	}
}
