package core

import (
	"encoding/binary"

	"github.com/flowlabel/flowlabel/shard"
)

// Where the parts of the IPv6 header stand (RFC 8200, section 3).
const (
	ipv6Header    = 40
	ipv6Payload   = 4 // length of what follows the header
	ipv6Next      = 6
	ipv6Addresses = 8
)

// Next header numbers (IANA, protocol numbers).
const (
	nextHopByHop    = 0
	nextTCP         = 6
	nextUDP         = 17
	nextDCCP        = 33
	nextRouting     = 43
	nextFragment    = 44
	nextAH          = 51
	nextICMPv6      = 58
	nextDestination = 60
	nextSCTP        = 132
	nextMobility    = 135
	nextUDPLite     = 136
	nextHIP         = 139
	nextShim6       = 140
)

const (
	echoRequest = 128
	echoReply   = 129
)

// maxExtensions is how many extension headers are walked. RFC 8200 asks for
// seven at most; a packet with more is answered as malformed, so that nobody can
// make a packet expensive.
const maxExtensions = 8

// parse writes the tuple of a packet into key, in no namespace; all of it but where
// it returns something else than Allowed.
func parse(packet []byte, key *shard.Key) Verdict {
	if len(packet) < ipv6Header || packet[0]>>4 != 6 {
		return Malformed
	}
	key.SetAddresses((*[32]byte)(packet[ipv6Addresses:]))
	packet, ok := payload(packet)
	if !ok {
		return Malformed
	}
	next := packet[ipv6Next]
	if (next == nextTCP || next == nextUDP) && len(packet) >= ipv6Header+4 {
		key.Place(binary.LittleEndian.Uint32(packet[ipv6Header:]), next)
		return Allowed
	}
	return parseRest(packet, key)
}

// payload cuts off what does not belong to the packet; false when bytes are
// missing. A length of 0 stands for all that there is, as in packets that are
// larger than the field can say.
func payload(packet []byte) ([]byte, bool) {
	n := int(binary.BigEndian.Uint16(packet[ipv6Payload:]))
	if n == 0 {
		return packet, true
	}
	if len(packet) < ipv6Header+n {
		return nil, false
	}
	return packet[:ipv6Header+n], true
}

// parseRest is parse for packets that begin otherwise than most do.
func parseRest(packet []byte, key *shard.Key) Verdict {
	next, at, v := walk(packet)
	if v != Allowed {
		return v
	}
	ports, v := portsOf(next, packet[at:])
	key.Place(ports, next)
	return v
}

// portsOf returns the ports of an upper-layer header, as Key.Place has them.
func portsOf(protocol uint8, header []byte) (ports uint32, v Verdict) {
	switch protocol {
	case nextTCP, nextUDP, nextDCCP, nextSCTP, nextUDPLite:
		if len(header) < 4 {
			return 0, Malformed
		}
		return binary.LittleEndian.Uint32(header), Allowed
	case nextICMPv6:
		return echoPorts(header)
	}
	return 0, Allowed
}

// walk passes over the extension headers. It returns the protocol behind them
// and where that begins.
func walk(packet []byte) (next uint8, at int, v Verdict) {
	next, at = packet[ipv6Next], ipv6Header
	for walked := 0; extension(next); walked++ {
		if walked == maxExtensions || len(packet) < at+8 {
			return next, at, Malformed
		}
		h := packet[at:]
		size := 8 * (int(h[1]) + 1)
		switch next {
		case nextFragment:
			if binary.BigEndian.Uint16(h[2:])>>3 != 0 {
				return next, at, NoPorts
			}
			size = 8
		case nextAH: // RFC 4302, section 2.2
			size = 4 * (int(h[1]) + 2)
		}
		if len(packet) < at+size {
			return next, at, Malformed
		}
		next, at = h[0], at+size
	}
	return next, at, Allowed
}

// extension says whether a next header number is that of an extension header
// that can be walked over.
func extension(next uint8) bool {
	switch next {
	case nextHopByHop, nextRouting, nextFragment, nextAH, nextDestination, nextMobility, nextHIP, nextShim6:
		return true
	}
	return false
}

// echoPorts returns the ports of an ICMPv6 message (RFC 4443, section 4): the
// identifier of an echo request is the source port, that of a reply the other.
func echoPorts(message []byte) (ports uint32, v Verdict) {
	if len(message) < 4 {
		return 0, Malformed
	}
	kind := message[0]
	if kind != echoRequest && kind != echoReply {
		return 0, Allowed
	}
	if len(message) < 8 {
		return 0, Malformed
	}
	identifier := uint32(binary.LittleEndian.Uint16(message[4:]))
	if kind == echoReply {
		identifier <<= 16
	}
	return identifier, Allowed
}

// labelOf returns the flow label of a packet of at least four bytes.
func labelOf(packet []byte) Label {
	return Label(binary.BigEndian.Uint32(packet)) & MaxLabel
}

// setLabel writes a flow label, and nothing else, into a packet.
func setLabel(packet []byte, label Label) {
	w := binary.BigEndian.Uint32(packet)
	binary.BigEndian.PutUint32(packet, w&^uint32(MaxLabel)|uint32(label))
}
