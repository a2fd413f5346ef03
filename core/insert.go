package core

import (
	"encoding/binary"
	"fmt"
	"math"
)

// Extensions are all the extension headers of a packet that precede its
// upper-layer header: those that a lease can give, and the packet's last.
type Extensions struct {
	Headers
	// Last is the destination options for the final destination. They follow the
	// routing header, where a lease has none.
	Last []byte
}

// chain is extension headers in the order in which they are sent; empty ones are
// left out.
type chain [4]wireHeader

type wireHeader struct {
	number uint8
	bytes  []byte
}

// wire returns the headers as a chain. The destination options of a lease are for
// the stops of its routing header and are sent only with one (RFC 3542, section
// 9.2).
func (h *Headers) wire() (c chain) {
	if h == nil {
		return c
	}
	c = chain{{nextHopByHop, h.HopByHop}, {nextDestination, h.Destination}, {nextRouting, h.Routing}}
	if len(h.Routing) == 0 && !faulty(faultFirstOptionsSent) {
		c[1].bytes = nil
	}
	return c
}

func (x *Extensions) wire() chain {
	c := x.Headers.wire()
	c[3] = wireHeader{nextDestination, x.Last}
	return c
}

// WireLen returns the length of what Append appends, in bytes: a multiple of 8,
// and how much longer a packet becomes by the headers.
func (h *Headers) WireLen() int {
	c := h.wire()
	return c.length()
}

// WireLen is Headers.WireLen with the last options.
func (x *Extensions) WireLen() int {
	c := x.wire()
	return c.length()
}

func (c *chain) length() (n int) {
	for i := range c {
		n += len(c[i].bytes)
	}
	return n
}

// Append appends the headers in wire form, each naming the next and the last one
// naming next, the protocol of what follows in the packet. It returns the
// extended buffer, and the number that the IPv6 header has to name: next again if
// there are no headers.
//
// The packet becomes WireLen bytes longer: its payload length (at most 65535) has
// to grow by as much, and whoever fills packets up to an MTU has as much less for
// the payload.
func (h *Headers) Append(dst []byte, next uint8) (_ []byte, first uint8) {
	c := h.wire()
	return c.append(dst, next)
}

// Append is Headers.Append with the last options, behind all others.
func (x *Extensions) Append(dst []byte, next uint8) (_ []byte, first uint8) {
	c := x.wire()
	return c.append(dst, next)
}

func (c *chain) append(dst []byte, next uint8) (_ []byte, first uint8) {
	first, last := next, -1
	for _, w := range c {
		if len(w.bytes) == 0 {
			continue
		}
		if last < 0 {
			first = w.number
		} else {
			dst[last] = w.number
		}
		last = len(dst)
		dst = append(dst, w.bytes...)
	}
	if last >= 0 {
		dst[last] = next
	}
	return dst, first
}

// Insert puts the headers into an IPv6 packet, right after its IPv6 header, and
// corrects the next header and the payload length. It returns the longer packet,
// in the same memory: cap(packet) must have WireLen more bytes than packet, and
// what lies there is overwritten, so buffers that are cut from one array have to
// end their capacity where the next one begins. The
// errors are ErrNoRoom, when it has not or when the payload would be longer than
// 65535, and ErrPacket, when packet is not an IPv6 packet of the length that its
// header says, or begins with hop-by-hop options or a routing header of its own:
// those would have to be merged before. With an error nothing is changed.
//
// No checksum of an upper layer changes, as long as h has no routing header: the
// pseudo-header has no extension headers. A routing header is put in as it is;
// that the packet's destination is the header's first stop, and its last address
// the final destination, is the caller's to see to.
//
// Cost: the payload is moved. No allocation.
func (h *Headers) Insert(packet []byte) ([]byte, error) {
	c := h.wire()
	return c.insert(packet)
}

// Insert is Headers.Insert with the last options, for a packet that has none of
// its own.
func (x *Extensions) Insert(packet []byte) ([]byte, error) {
	c := x.wire()
	return c.insert(packet)
}

func (c *chain) insert(packet []byte) ([]byte, error) {
	n := c.length()
	if n == 0 {
		return packet, nil
	}
	if err := insertable(packet); err != nil {
		return packet, err
	}
	if cap(packet)-len(packet) < n || len(packet)-ipv6Header+n > math.MaxUint16 {
		return packet, fmt.Errorf("%w: %d bytes into a packet of %d, capacity %d", ErrNoRoom, n, len(packet), cap(packet))
	}
	longer := packet[:len(packet)+n]
	copy(longer[ipv6Header+n:], packet[ipv6Header:])
	_, first := c.append(longer[:ipv6Header], longer[ipv6Next])
	longer[ipv6Next] = first
	binary.BigEndian.PutUint16(longer[ipv6Payload:], uint16(len(longer)-ipv6Header))
	return longer, nil
}

// insertable says whether headers may be put in front of a packet's payload.
func insertable(packet []byte) error {
	if len(packet) < ipv6Header || packet[0]>>4 != 6 {
		return fmt.Errorf("%w: %d bytes that are no IPv6 packet", ErrPacket, len(packet))
	}
	if n := int(binary.BigEndian.Uint16(packet[ipv6Payload:])); n != len(packet)-ipv6Header {
		return fmt.Errorf("%w: payload length %d, %d bytes", ErrPacket, n, len(packet)-ipv6Header)
	}
	if next := packet[ipv6Next]; next == nextHopByHop || next == nextRouting {
		return fmt.Errorf("%w: it has an extension header %d of its own", ErrPacket, next)
	}
	return nil
}
