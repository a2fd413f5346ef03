// Package pkt reads and writes the few parts of an IPv6 packet that a label
// is about: whose it is, and the label itself. It knows nothing of the engine,
// whose own reading of the same packets is compared with it.
//
// A packet is a slice that begins with the fixed header (RFC 8200, section 3).
// A flow goes one way: an answer belongs to another.
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
	// SrcPort and DstPort are the ports of the protocols that have some. The
	// identifier of an ICMPv6 echo request stands for its source port, that of a
	// reply for its destination port. Others have ports 0.
	SrcPort, DstPort uint16
}

// Form says how much of a packet could be read.
type Form uint8

// The forms.
const (
	Told    Form = iota // its flow could be told
	Damaged             // it is no IPv6 packet, or ends too early
	Later               // a fragment after the first, which has no ports
)

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

// ICMPv6 messages with an identifier (RFC 4443, section 4).
const (
	echoRequest = 128
	echoReply   = 129
)

// maxWalked is the most extension headers that a packet may have.
const maxWalked = 8

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

// Fit makes a packet of at least HeaderLen bytes say the length that it has, as
// far as the header can: a capture may hold the beginning of a packet only.
func Fit(p []byte) {
	binary.BigEndian.PutUint16(p[4:], uint16(min(len(p)-HeaderLen, 0xffff)))
}

// Read returns which flow a packet belongs to; only for the form Told is all of
// the key right.
func Read(p []byte) (Key, Form) {
	if len(p) < HeaderLen || p[0]>>4 != 6 {
		return Key{}, Damaged
	}
	if n := int(binary.BigEndian.Uint16(p[4:])); n > len(p)-HeaderLen {
		return Key{}, Damaged
	} else if n > 0 {
		p = p[:HeaderLen+n]
	}
	k := Key{Src: [16]byte(p[8:24]), Dst: [16]byte(p[24:40])}
	protocol, at, form := upper(p)
	k.Protocol = protocol
	if form == Told {
		form = k.readPorts(p[at:])
	}
	return k, form
}

// upper walks over the extension headers of a packet. It returns the protocol of
// what follows them, and where that begins.
func upper(p []byte) (protocol uint8, at int, form Form) {
	protocol, at = p[6], HeaderLen
	for walked := 0; ; walked++ {
		length, first := extension(protocol, p[at:])
		switch {
		case length == 0:
			return protocol, at, Told
		case !first:
			return protocol, at, Later
		case at+length > len(p) || walked == maxWalked:
			return protocol, at, Damaged
		}
		protocol, at = p[at], at+length
	}
}

// extension returns the length of an extension header of the given kind at the
// beginning of p, 0 if it is none; a length above len(p) means that it is cut
// short. first is false for the header of a fragment that is not the first.
// Every length is at least 8, so a walk over p ends.
func extension(kind uint8, p []byte) (length int, first bool) {
	switch kind {
	case HopByHop, Routing, Destination, Mobility, HIP, Shim6, AH, Fragment:
	default:
		return 0, true
	}
	switch {
	case len(p) < 8 || kind == Fragment && binary.BigEndian.Uint16(p[2:]) < 8:
		return 8, true
	case kind == Fragment:
		return 8, false
	case kind == AH: // in units of 4 bytes, less two (RFC 4302, section 2.2)
		return (int(p[1]) + 2) * 4, true
	}
	return (int(p[1]) + 1) * 8, true
}

// readPorts reads the two numbers that tell flows of a protocol apart.
func (k *Key) readPorts(upper []byte) Form {
	switch k.Protocol {
	case TCP, UDP, DCCP, SCTP, UDPLite:
		if len(upper) < 4 {
			return Damaged
		}
		k.SrcPort, k.DstPort = binary.BigEndian.Uint16(upper), binary.BigEndian.Uint16(upper[2:])
	case ICMPv6:
		return k.readEcho(upper)
	}
	return Told
}

func (k *Key) readEcho(p []byte) Form {
	if len(p) < 4 {
		return Damaged
	}
	isRequest, isReply := p[0] == echoRequest, p[0] == echoReply
	switch {
	case !isRequest && !isReply:
		return Told
	case len(p) < 8:
		return Damaged
	case isRequest:
		k.SrcPort = binary.BigEndian.Uint16(p[4:])
	default:
		k.DstPort = binary.BigEndian.Uint16(p[4:])
	}
	return Told
}

// Reversed returns the key of the packets in the other direction.
func (k Key) Reversed() Key {
	return Key{Src: k.Dst, Dst: k.Src, Protocol: k.Protocol, SrcPort: k.DstPort, DstPort: k.SrcPort}
}
