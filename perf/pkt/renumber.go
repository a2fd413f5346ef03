package pkt

import "encoding/binary"

// MaxCopy is the largest number that Renumber takes.
const MaxCopy = 1<<30 - 1

// Renumber gives a packet from Cut another source address, one for each copy
// number from 0, which is the original, to MaxCopy. Checksums that cover the
// address stay right: what is added to two of its 16-bit words is taken from a
// third, in the one's complement arithmetic of the checksum (RFC 6296 does the
// same to whole networks).
func Renumber(p []byte, number int) {
	if number == 0 {
		return
	}
	src := p[8:24]
	// 15 bits a word: a word of one's complement has one value less than 16.
	high, low := uint16(number>>15), uint16(number&0x7fff)
	adjust(src[4:], high)
	adjust(src[6:], low)
	adjust(src[14:], ^high)
	adjust(src[14:], ^low)
}

// adjust adds n to the word at p, in one's complement.
func adjust(p []byte, n uint16) {
	sum := uint32(binary.BigEndian.Uint16(p)) + uint32(n)
	binary.BigEndian.PutUint16(p, uint16(sum+sum>>16))
}
