package order

import "encoding/binary"

// Flow is a 5-tuple as every rival takes it: 40 bytes without a hole, comparable.
type Flow struct {
	Src, Dst         [16]byte
	SrcPort, DstPort uint16
	Protocol         uint8
	_                [3]uint8
}

// The protocols that flows have (IANA, "Assigned Internet Protocol Numbers").
const (
	tcp = 6
	udp = 17
)

// Flows returns n different flows, and as many others.
func Flows(n int) (in, out []Flow) {
	rng := random(3)
	flows := make([]Flow, 2*n)
	for i := range flows {
		f := &flows[i]
		copy(f.Src[:], []byte{0x20, 0x01, 0x0d, 0xb8, 0, 1})
		copy(f.Dst[:], []byte{0x20, 0x01, 0x0d, 0xb8, 0, 2})
		binary.BigEndian.PutUint64(f.Src[8:], rng.Uint64())
		binary.BigEndian.PutUint64(f.Dst[8:], rng.Uint64())
		f.SrcPort, f.DstPort = uint16(1024+rng.IntN(60000)), uint16(1+rng.IntN(1023))
		f.Protocol = udp
		if i%2 == 0 {
			f.Protocol = tcp
		}
	}
	return flows[:n:n], flows[n:]
}

// PacketLen is the length of every packet in bytes: a cache line.
const PacketLen = 64

// Packet is a buffer with a packet; a slice of them lies in memory one after
// another, as a receive ring does.
type Packet [PacketLen]byte

// Packets returns a packet for each draw of flows. Label says which label the
// packet of a flow carries, by the number that Drawn.At has for it.
func Packets(d Drawn[Flow], label func(at uint32) uint32) Drawn[Packet] {
	p := Drawn[Packet]{make([]Packet, len(d.Keys)), d.At}
	for i := range d.Keys {
		put(p.Keys[i][:], &d.Keys[i], label(d.At[i]))
	}
	return p
}

// put writes an IPv6 packet of a flow (RFC 8200, section 3), with no extension
// headers and with ports where TCP and UDP both have them.
func put(b []byte, f *Flow, label uint32) {
	binary.BigEndian.PutUint32(b, 6<<28|label)
	binary.BigEndian.PutUint16(b[4:], PacketLen-40)
	b[6], b[7] = f.Protocol, 64
	copy(b[8:], f.Src[:])
	copy(b[24:], f.Dst[:])
	binary.BigEndian.PutUint16(b[40:], f.SrcPort)
	binary.BigEndian.PutUint16(b[42:], f.DstPort)
	if f.Protocol == udp {
		binary.BigEndian.PutUint16(b[44:], PacketLen-40)
	} else {
		b[52] = 5 << 4 // the TCP header's length in words
	}
}
