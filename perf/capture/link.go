package capture

import (
	"encoding/binary"

	"github.com/gopacket/gopacket/layers"
)

// Numbers of the Ethernet types (IANA, "IEEE 802 Numbers").
const (
	etherIPv6    = 0x86dd
	etherVLAN    = 0x8100 // IEEE 802.1Q
	etherService = 0x88a8 // IEEE 802.1ad
	etherQinQ    = 0x9100 // what many switches put instead of the former
)

// Two numbers that systems wrote for raw IP before there was one for all.
const (
	linkRawBSD     layers.LinkType = 12
	linkRawOpenBSD layers.LinkType = 14
)

// network returns the network layer's packet of a frame, nil if the frame says
// that it is not of IPv6, or is cut short. supported is false for a link type
// that it knows nothing of.
func network(link layers.LinkType, frame []byte) (packet []byte, supported bool) {
	switch link {
	case layers.LinkTypeRaw, layers.LinkTypeIPv6, linkRawBSD, linkRawOpenBSD:
		return frame, true
	case layers.LinkTypeEthernet:
		return untag(frame, 12, 14), true
	case layers.LinkTypeLinuxSLL:
		return untag(frame, 14, 16), true
	case layers.LinkTypeLinuxSLL2:
		return untag(frame, 0, 20), true
	case layers.LinkTypeNull, layers.LinkTypeLoop:
		return loopback(frame), true
	}
	return nil, false
}

// untag returns what follows a link header of the given length, whose Ethernet
// type stands at offset kind, and any VLAN tags.
func untag(frame []byte, kind, length int) []byte {
	for len(frame) >= length {
		switch binary.BigEndian.Uint16(frame[kind:]) {
		case etherIPv6:
			return frame[length:]
		case etherVLAN, etherService, etherQinQ:
			// A tag of 2 bytes, and the type of what follows it.
			frame, kind, length = frame[length:], 2, 4
		default:
			return nil
		}
	}
	return nil
}

// loopback returns what follows a BSD loopback header: an address family, in
// the order of bytes of whoever captured it or in the network's.
func loopback(frame []byte) []byte {
	if len(frame) < 4 {
		return nil
	}
	switch min(binary.LittleEndian.Uint32(frame), binary.BigEndian.Uint32(frame)) {
	case 10, 24, 28, 30: // Linux, NetBSD and OpenBSD, FreeBSD, Darwin
		return frame[4:]
	}
	return nil
}
