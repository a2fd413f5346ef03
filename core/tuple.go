package core

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"github.com/flowlabel/flowlabel/shard"
)

// Tuple names a flow as its sender sees it: source and destination with their
// ports, and the upper-layer protocol. It is a small value without pointers, to
// be copied and compared freely. The zero Tuple names no flow.
//
// The ports are those of TCP, UDP, DCCP, SCTP and UDP-Lite. Of ICMPv6 the source
// port is the identifier of an echo request, and the destination port that of an
// echo reply, so that the reply to a flow is the flow reversed; all other
// packets have ports 0.
type Tuple struct{ key shard.Key } // its namespace is 0

// NewTuple returns the tuple of a flow. The addresses must be IPv6 ones, and not
// IPv4-mapped; a zone is dropped. The error is ErrTuple.
func NewTuple(protocol uint8, src, dst netip.AddrPort) (Tuple, error) {
	for _, a := range [...]netip.Addr{src.Addr(), dst.Addr()} {
		if !a.Is6() || a.Is4In6() {
			return Tuple{}, fmt.Errorf("%w: address %v", ErrTuple, a)
		}
	}
	var t Tuple
	a, b := src.Addr().As16(), dst.Addr().As16()
	copy(t.key[shard.KeySrc:], a[:])
	copy(t.key[shard.KeyDst:], b[:])
	var ports [4]byte
	binary.BigEndian.PutUint16(ports[:], src.Port())
	binary.BigEndian.PutUint16(ports[2:], dst.Port())
	t.key.Place(binary.LittleEndian.Uint32(ports[:]), protocol)
	return t, nil
}

// TupleOf returns the tuple of an IPv6 packet, with Allowed; or Malformed or
// NoPorts, and what could be told until then is to be ignored. A payload length of
// 0 stands for all of the slice.
//
// Cost: that of a parse, some nanoseconds. No allocation.
func TupleOf(packet []byte) (Tuple, Verdict) {
	var t Tuple
	v := parse(packet, &t.key)
	return t, v
}

// Src returns the source address and port.
func (t Tuple) Src() netip.AddrPort { return t.end(shard.KeySrc, shard.KeyPorts) }

// Dst returns the destination address and port.
func (t Tuple) Dst() netip.AddrPort { return t.end(shard.KeyDst, shard.KeyPorts+2) }

func (t Tuple) end(addr, port int) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom16([16]byte(t.key[addr:])), binary.BigEndian.Uint16(t.key[port:]))
}

// Protocol returns the number of the upper-layer protocol.
func (t Tuple) Protocol() uint8 { return t.key.Protocol() }

// Reversed returns the tuple of the packets in the other direction.
func (t Tuple) Reversed() Tuple {
	t.key.Reverse()
	return t
}

// String returns the tuple for people.
func (t Tuple) String() string {
	return fmt.Sprintf("%d %v > %v", t.Protocol(), t.Src(), t.Dst())
}
