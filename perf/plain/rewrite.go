package plain

// Headers are the extension headers of a lease, in wire form but for the numbers
// of the headers behind them.
type Headers struct{ HopByHop, Destination, Routing string }

// Len returns the length of all headers together, in bytes.
func (h Headers) Len() int { return len(h.HopByHop) + len(h.Destination) + len(h.Routing) }

// Protocol numbers (IANA, "Assigned Internet Protocol Numbers").
const (
	hopByHop    = 0
	routing     = 43
	destination = 60
)

// Rewrite appends to dst what a packet looks like when it is sent with a label.
// A packet that is not sent is left as it is. inserted says whether the headers
// of the outcome were put in: they are not if the packet begins with hop-by-hop
// options or a routing header, or is not as long as it says, or would be too long.
func (o Outcome) Rewrite(dst, packet []byte, label uint32) (sent []byte, inserted bool) {
	at := len(dst)
	if !o.Verdict.Sent() {
		return append(dst, packet...), false
	}
	headers, next := o.Headers.chain(packet[6])
	payload := int(packet[4])<<8 + int(packet[5])
	inserted = len(headers) > 0 && packet[6] != hopByHop && packet[6] != routing &&
		payload == len(packet)-40 && payload+len(headers) < 1<<16
	if inserted {
		dst = append(append(append(dst, packet[:40]...), headers...), packet[40:]...)
		payload += len(headers)
		dst[at+4], dst[at+5], dst[at+6] = byte(payload>>8), byte(payload), next
	} else {
		dst = append(dst, packet...)
	}
	dst[at+1] = packet[1]/16*16 + byte(label>>16)
	dst[at+2], dst[at+3] = byte(label>>8), byte(label)
	return dst, inserted
}

// chain returns the headers as they precede what has the number next, and the
// number of the first. Destination options are sent with a routing header only.
func (h Headers) chain(next byte) (bytes []byte, first byte) {
	if h.Routing != "" {
		bytes, next = prefix(bytes, h.Routing, next), routing
		if h.Destination != "" {
			bytes, next = prefix(bytes, h.Destination, next), destination
		}
	}
	if h.HopByHop != "" {
		bytes, next = prefix(bytes, h.HopByHop, next), hopByHop
	}
	return bytes, next
}

// prefix puts a header in front of others.
func prefix(others []byte, header string, next byte) []byte {
	return append(append([]byte{next}, header[1:]...), others...)
}
