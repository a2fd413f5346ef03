package pkt

import "encoding/binary"

// MaxNumber is the largest number that Renumber takes.
const MaxNumber = 1<<30 - 1

// Renumber gives a packet the source address of a number: packets of different
// numbers have different ones, whichever they had before. Checksums that cover
// the address stay right: what two of its 16-bit words gain a third one loses, in
// the one's complement arithmetic of the checksum (RFC 6296 does the same to whole
// networks).
func Renumber(p []byte, number int) {
	src := p[8:24]
	// 15 bits a word: a word of one's complement has one value less than 16.
	replace(src[4:], src[14:], uint16(number>>15))
	replace(src[6:], src[14:], uint16(number&0x7fff))
}

// replace writes n into the word at p, and makes up for it in the word at other.
func replace(p, other []byte, n uint16) {
	adjust(other, binary.BigEndian.Uint16(p))
	adjust(other, ^n)
	binary.BigEndian.PutUint16(p, n)
}

// adjust adds n to the word at p, in one's complement.
func adjust(p []byte, n uint16) {
	sum := uint32(binary.BigEndian.Uint16(p)) + uint32(n)
	binary.BigEndian.PutUint16(p, uint16(sum+sum>>16))
}

// Reverse makes a packet whose flow Read can tell one of the flow in the other
// direction; an echo request becomes a reply, and a reply a request. Checksums
// stay right.
func Reverse(p []byte) {
	swap(p[8:24], p[24:40])
	protocol, at, _ := upper(p)
	switch up := p[at:]; protocol {
	case TCP, UDP, DCCP, SCTP, UDPLite:
		swap(up[0:2], up[2:4])
	case ICMPv6:
		if up[0] == echoRequest || up[0] == echoReply {
			replace(up, up[2:], binary.BigEndian.Uint16(up)^(echoRequest^echoReply)<<8)
		}
	}
}

func swap(a, b []byte) {
	for i := range a {
		a[i], b[i] = b[i], a[i]
	}
}

// Strip takes n bytes of extension headers out again that were put in behind the
// fixed header of a packet, whose next header was next before.
func Strip(p []byte, n int, next uint8) []byte {
	copy(p[HeaderLen:], p[HeaderLen+n:])
	p = p[:len(p)-n]
	p[6] = next
	Fit(p)
	return p
}
