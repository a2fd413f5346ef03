package main

import (
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/flowlabel/flowlabel/core"
	"github.com/flowlabel/flowlabel/perf/plain"
)

// groupSize is the number of sockets that lease on the same terms.
const groupSize = 16

// group is sockets of one namespace that lease on the same terms. What a group
// asks for never changes, and groups in the same mode differ in their owner or,
// being of mode Any, not at all: so whoever joins a lease asked for the headers
// that it has.
type group struct {
	owner   core.Credentials
	leases  bool // or else its sockets have automatic and reflected labels only
	share   core.Share
	headers *core.Headers
	linger  time.Duration
	// label is the one that the group's sockets share, 0 if none. Controllers of
	// different sockets load it and replace it by CAS; it is a hint and orders
	// nothing: the label's lease may have ended, or be another group's.
	label atomic.Uint32
}

// kinds are the groups in a guarded namespace; without a mode they lease nothing.
var kinds = []struct {
	share   core.Share
	headers *core.Headers
}{
	{core.Any, nil},
	{core.Exclusive, nil},
	{core.None, nil},
	{core.Exclusive, padding(1)},
	{core.User, nil},
	{core.Process, padding(2)},
	{core.None, nil},
	{core.Exclusive, nil},
	{core.User, routed(padding(1))},
	{core.Exclusive, routed(new(core.Headers))},
	{core.Process, nil},
}

func newGroup(s *space, number int) *group {
	id := uint64(number + 1)
	g := &group{
		owner:  core.Credentials{Process: id, User: id, Privileges: core.NetRaw},
		share:  core.Any,
		linger: time.Duration(number%3) * minLinger, // 0 and 1 make no difference
	}
	kind := kinds[number%len(kinds)]
	g.leases = kind.share != core.None
	if s.open || !g.leases {
		return g
	}
	g.share, g.headers = kind.share, kind.headers
	if kind.share == core.Any && s.number%4 == 1 {
		g.headers = padding(3)
	}
	return g
}

// padding returns a hop-by-hop header of so many units of 8 bytes, filled by
// PadN (RFC 8200, section 4.2).
func padding(units int) *core.Headers {
	h := make([]byte, units*8)
	h[1], h[2], h[3] = byte(units-1), 1, byte(len(h)-4)
	return &core.Headers{HopByHop: h}
}

// routed adds a segment routing header with one segment (RFC 8754, section 2) to
// headers, and padding for its stops.
func routed(h *core.Headers) *core.Headers {
	h.Destination = []byte{0, 0, 1, 4, 0, 0, 0, 0}
	h.Routing = append([]byte{0, 2, 4, 0, 0, 0, 0, 0}, netip.MustParseAddr("2001:db8::5e9").AsSlice()...)
	return h
}

// exclusive says whether the group's sockets share nothing.
func (g *group) exclusive() bool { return g.share == core.Exclusive }

// request is what a socket of the group asks for: label 0, which lets the engine
// choose.
func (g *group) request(dst netip.Addr) core.Request {
	return core.Request{Dst: dst, Share: g.share, Create: true, Linger: g.linger, Headers: g.headers}
}

// terms are the group's terms as the model wants them.
func (g *group) terms() plain.Terms {
	t := plain.Terms{Share: uint8(g.share)}
	if h := g.headers; h != nil {
		t.Headers = plain.Headers{
			HopByHop:    string(h.HopByHop),
			Destination: string(h.Destination),
			Routing:     string(h.Routing),
		}
	}
	switch g.share {
	case core.Process:
		t.Owner = g.owner.Process
	case core.User:
		t.Owner = g.owner.User
	}
	return t
}
