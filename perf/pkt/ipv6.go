// Package pkt reads and writes the few parts of an IPv6 packet that a label
// is about: whose it is, and the label itself.
//
// A packet is a slice that begins with the fixed header (RFC 8200, section 3)
// and ends with the last byte that was captured, which may be earlier than the
// packet's own end. A flow goes one way: an answer belongs to another.
package pkt

import "encoding/binary"

// HeaderLen is the length of the fixed header in bytes.
const HeaderLen = 40

// Key says which flow a packet belongs to. It is comparable.
type Key struct {
	Src, Dst [16]byte
	// Protocol is the number of the upper-layer header, behind all extension
	// headers.
	Protocol uint8
	// SrcPort and DstPort are the ports of the protocols that have some; of ESP
	// the two halves of the SPI; of ICMPv6 the type, and the identifier of echo
	// messages. They are 0 where none could be read, as in a fragment that is
	// not the first.
	SrcPort, DstPort uint16
}

// Protocol numbers (IANA, "Assigned Internet Protocol Numbers").
const (
	HopByHop    = 0
	TCP         = 6
	UDP         = 17
	DCCP        = 33
	Routing     = 43
	Fragment    = 44
	ESP         = 50
	AH          = 51
	ICMPv6      = 58
	NoNext      = 59
	Destination = 60
	SCTP        = 132
	Mobility    = 135
	UDPLite     = 136
	HIP         = 139
	Shim6       = 140
)

// Cut returns the IPv6 packet that p begins with: what follows its payload,
// such as a link's padding, is left out. It returns false when p does not begin
// with a whole fixed header, or when no socket could have sent the packet: its
// destination is unspecified or IPv4-mapped.
func Cut(p []byte) ([]byte, bool) {
	if len(p) < HeaderLen || p[0]>>4 != 6 || !validDestination([16]byte(p[24:40])) {
		return nil, false
	}
	// A payload length of 0 stands for a jumbogram (RFC 2675), whose length is
	// elsewhere, or for a packet with nothing behind the header, or was left to
	// the network card: take what there is.
	if n := int(binary.BigEndian.Uint16(p[4:])); n != 0 && HeaderLen+n < len(p) {
		p = p[:HeaderLen+n]
	}
	return p, true
}

func validDestination(a [16]byte) bool {
	if [10]byte(a[:10]) != [10]byte{} {
		return true
	}
	middle, low := binary.BigEndian.Uint16(a[10:]), binary.BigEndian.Uint32(a[12:])
	return middle != 0xffff && (middle != 0 || low != 0)
}

// Flow returns which flow a packet from Cut belongs to.
func Flow(p []byte) Key {
	k := Key{Src: [16]byte(p[8:24]), Dst: [16]byte(p[24:40])}
	protocol, upper := Upper(p)
	k.Protocol = protocol
	k.SrcPort, k.DstPort = ports(protocol, upper)
	return k
}

// Upper walks over the extension headers of a packet from Cut. It returns the
// protocol of what follows them, and what of that was captured: nil when it
// ends within the headers, and in a fragment that is not the first.
func Upper(p []byte) (protocol uint8, upper []byte) {
	protocol, rest := p[6], p[HeaderLen:]
	for {
		length, first := extension(protocol, rest)
		if length == 0 {
			return protocol, rest
		}
		if len(rest) < length {
			return protocol, nil
		}
		protocol, rest = rest[0], rest[length:]
		if !first {
			return protocol, nil
		}
	}
}

// extension returns the length of an extension header of the given kind at the
// beginning of p, 0 if it is none; a length above len(p) means that it is cut
// short. first is false for the header of a fragment that is not the first.
// Every length is at least 8, so a walk over p ends.
func extension(kind uint8, p []byte) (length int, first bool) {
	switch kind {
	case HopByHop, Routing, Destination, Mobility, HIP, Shim6:
		if len(p) < 2 {
			return 8, true
		}
		return (int(p[1]) + 1) * 8, true
	case AH: // in units of 4 bytes, less two (RFC 4302, section 2.2)
		if len(p) < 2 {
			return 8, true
		}
		return max(int(p[1])+2, 2) * 4, true
	case Fragment:
		if len(p) < 4 {
			return 8, true
		}
		return 8, binary.BigEndian.Uint16(p[2:])>>3 == 0
	}
	return 0, true
}

// ports returns the two numbers that tell flows of a protocol apart.
func ports(protocol uint8, upper []byte) (src, dst uint16) {
	switch protocol {
	case TCP, UDP, DCCP, SCTP, UDPLite, ESP:
		if len(upper) >= 4 {
			return binary.BigEndian.Uint16(upper), binary.BigEndian.Uint16(upper[2:])
		}
	case ICMPv6:
		return icmp(upper)
	}
	return 0, 0
}

// icmp returns the type of an ICMPv6 message, and the identifier if it is an
// echo request or reply (RFC 4443, section 4).
func icmp(p []byte) (kind, id uint16) {
	if len(p) == 0 {
		return 0, 0
	}
	const echoRequest, echoReply = 128, 129
	if (p[0] == echoRequest || p[0] == echoReply) && len(p) >= 6 {
		id = binary.BigEndian.Uint16(p[4:])
	}
	return uint16(p[0]), id
}
