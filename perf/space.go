package main

import (
	"fmt"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/flowlabel/flowlabel/core"
	"github.com/flowlabel/flowlabel/perf/plain"
)

// space is a namespace, and the model of it.
//
// Every fourth namespace is open: all its leases are shared with everybody, and
// any label may be sent. The others are guarded, from their first lease on: a
// socket beside the flows holds an exclusive label all the time, so that the
// model need not know when the engine finds the last guarding lease dead.
type space struct {
	number int
	ns     *core.Namespace
	model  *plain.Namespace
	open   bool
	flows  int
	groups []*group
}

func (l *load) newSpace(number int) (*space, error) {
	ns, err := l.eng.Namespace(fmt.Sprintf("namespace %d", number), core.NamespaceOptions{})
	if err != nil {
		return nil, err
	}
	s := &space{number: number, ns: ns, open: number%4 == 0}
	s.model = plain.New(!s.open, minLinger)
	if s.open {
		return s, nil
	}
	return s, s.guard(l)
}

// keeper is the model's number for the socket that keeps a namespace guarded.
const keeper = 1<<32 - 1

func (s *space) guard(l *load) error {
	g := &group{share: core.Exclusive}
	sock, err := s.ns.Socket(core.SocketOptions{})
	if err != nil {
		return err
	}
	label, err := sock.Get(g.request(netip.MustParseAddr("2001:db8::1")))
	if err != nil {
		return err
	}
	return s.model.Take(keeper, uint32(label), g.terms(), l.now())
}

// groupOf returns the group for the next flow of the namespace.
func (s *space) groupOf() *group {
	if s.flows%groupSize == 0 {
		s.groups = append(s.groups, newGroup(s, len(s.groups)))
	}
	s.flows++
	return s.groups[len(s.groups)-1]
}

// group is flows of one namespace that lease on the same terms. What a group
// asks for never changes, and groups in the same mode differ in their owner or,
// being of mode Any, not at all: so whoever joins a lease asked for the headers
// that it has.
type group struct {
	owner   core.Credentials
	share   core.Share
	headers *core.Headers
	linger  time.Duration
	// label is the one that the group's flows share, 0 if none. Controllers of
	// different flows load it and replace it by CAS; it is a hint and orders
	// nothing: the label's lease may have ended, or be another group's.
	label atomic.Uint32
}

// kinds are the modes and headers of groups in a guarded namespace.
var kinds = []struct {
	share   core.Share
	headers bool
}{
	{core.Any, false},
	{core.Exclusive, false},
	{core.User, false},
	{core.Exclusive, true},
	{core.Process, true},
	{core.Exclusive, false},
	{core.User, true},
	{core.Process, false},
}

func newGroup(s *space, number int) *group {
	id := uint64(number + 1)
	g := &group{
		owner:  core.Credentials{Process: id, User: id, Privileges: core.NetRaw},
		share:  core.Any,
		linger: time.Duration(number%3) * minLinger, // 0 and 1 make no difference
	}
	if s.open {
		return g
	}
	kind := kinds[number%len(kinds)]
	g.share = kind.share
	switch {
	case kind.headers:
		g.headers = padding(1 + number%3)
	case kind.share == core.Any && s.number%4 == 1:
		g.headers = padding(1)
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

// exclusive says whether the group's flows share nothing.
func (g *group) exclusive() bool { return g.share == core.Exclusive }

// request is what a flow of the group asks for: label 0, which lets the engine
// choose.
func (g *group) request(dst netip.Addr) core.Request {
	return core.Request{Dst: dst, Share: g.share, Create: true, Linger: g.linger, Headers: g.headers}
}

// terms are the group's terms as the model wants them.
func (g *group) terms() plain.Terms {
	t := plain.Terms{Share: uint8(g.share), Headers: g.headers.Len()}
	switch g.share {
	case core.Process:
		t.Owner = g.owner.Process
	case core.User:
		t.Owner = g.owner.User
	}
	return t
}
