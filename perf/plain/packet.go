package plain

import (
	"fmt"

	"github.com/zeebo/xxh3"
)

// Verdict says what becomes of a packet's label.
type Verdict uint8

// The verdicts.
const (
	Refused Verdict = iota
	Allowed
	AllowedWithHeaders
	Stale
)

// String returns the verdict's name.
func (v Verdict) String() string {
	switch v {
	case Refused:
		return "refused"
	case Allowed:
		return "allowed"
	case AllowedWithHeaders:
		return "allowed with headers"
	case Stale:
		return "stale"
	}
	return fmt.Sprintf("verdict %d", uint8(v))
}

// Judge says what becomes of a packet that a socket sends with a label, and the
// length of the headers that go with it.
func (n *Namespace) Judge(id, name uint32) (v Verdict, headers int) {
	if !n.guarded {
		return Allowed, 0
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	s := n.sockets[id]
	if s.closed {
		return Stale, 0
	}
	if name == 0 {
		return Allowed, 0
	}
	for _, lease := range s.held {
		if lease.Label == name && lease.Terms.Headers > 0 {
			return AllowedWithHeaders, lease.Terms.Headers
		}
		if lease.Label == name {
			return Allowed, 0
		}
	}
	return Refused, 0
}

// Print is what has to be known of an IPv6 packet to tell whether it was
// rewritten rightly: its label, and a checksum of everything else.
type Print struct {
	Label uint32
	Rest  uint64
}

// NewPrint returns the print of a packet, which begins with the IPv6 header. The
// label is the last 20 bits of the first four bytes.
func NewPrint(p []byte) Print {
	word := uint32(p[0])<<24 | uint32(p[1])<<16 | uint32(p[2])<<8 | uint32(p[3])
	return Print{
		Label: word % (1 << 20),
		Rest:  xxh3.HashSeed(p[4:], uint64(word>>20)),
	}
}

// Sent returns the print of the packet once it was sent with a label: only an
// allowed one is written into it.
func (p Print) Sent(v Verdict, name uint32) Print {
	if v == Allowed || v == AllowedWithHeaders {
		p.Label = name
	}
	return p
}
