package pkt

import "encoding/binary"

// labelMask covers the label's 20 bits of the first word; the version and the
// traffic class stand above them (RFC 8200, section 3).
const labelMask = 1<<20 - 1

// Label returns the label of a packet from Cut.
func Label(p []byte) uint32 { return binary.BigEndian.Uint32(p) & labelMask }

// SetLabel writes the low 20 bits of label into a packet from Cut. No checksum
// covers them.
func SetLabel(p []byte, label uint32) {
	binary.BigEndian.PutUint32(p, binary.BigEndian.Uint32(p)&^labelMask|label&labelMask)
}
