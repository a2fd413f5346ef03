package main

import (
	"fmt"
	"net/netip"
	"sync/atomic"

	"github.com/flowlabel/flowlabel/core"
	"github.com/flowlabel/flowlabel/perf/capture"
	"github.com/flowlabel/flowlabel/perf/pkt"
)

// flow is what a worker needs of one flow, in one line of the cache.
type flow struct {
	// label is what the flow's packets ask for: a label, 0 for none, and marks
	// that say where one comes from then. It is stored by the flow's controller,
	// and loaded by the worker for each packet.
	label  atomic.Uint32
	asks   uint32 // label, when the packet was made ready; the worker's own
	auto   uint32 // its automatic label, 0 if not seen yet; the worker's own
	number uint32 // of its source address
	packet []byte // the worker's own while it runs
	sock   *sock
	of     *capture.Flow
	bound  bool // the controller's own
}

// What a flow's packets ask for, besides a label.
const (
	labelMask  = 1<<20 - 1
	viaCurrent = 1 << 20 // the socket has a current label
	viaPeer    = 1 << 21 // the socket reflects
)

// sock is who sends the packets of some flows: a socket now and, after that was
// closed, another.
type sock struct {
	// version is odd while the controller changes what the socket holds, its
	// flows, or what their packets ask for. Only that controller stores; a
	// verifying worker loads it before it looks at anything else of the socket, and
	// again after.
	version atomic.Uint32
	// end is stored by the controller after each change of whether the socket
	// reflects, and after anything that may have touched a reflected label: a new
	// one each time. A worker that finds the same one before it receives a packet
	// and later knows that nothing of that kind has happened since.
	end atomic.Pointer[endpoint]

	heard   uint32    // the label received last, 0 for none; the worker's own
	heardBy *endpoint // by whom; nil if it is not certain; the worker's own

	space    *space
	group    *group
	protocol core.Protocol
	dst      netip.Addr
	answered bool // packets come in for it
	flows    []flow
	closed   bool // the controller's own
}

// endpoint is the socket that a sock has, and its number in the model.
type endpoint struct {
	sock core.Socket
	id   uint32
}

// answer is a packet that comes in for the socket of a flow.
type answer struct {
	packet []byte
	flow   *flow
}

// ask makes the packets of all flows ask for a label, or for none with a mark.
func (s *sock) ask(word uint32) {
	for i := range s.flows {
		s.flows[i].label.Store(word)
	}
}

// asked returns the label that the packets ask for.
func (s *sock) asked() core.Label { return core.Label(s.flows[0].label.Load() & labelMask) }

// endpoint returns the socket that s has now.
func (s *sock) endpoint() *endpoint { return s.end.Load() }

// refresh makes workers forget what they know about reflected labels.
func (s *sock) refresh() {
	e := *s.end.Load()
	s.end.Store(&e)
}

// key returns the flow as the model names it. It does not look at the packet,
// which is the worker's.
func (f *flow) key() pkt.Key {
	var p [pkt.HeaderLen]byte
	copy(p[8:], f.of.Key.Src[:])
	pkt.Renumber(p[:], int(f.number))
	k := f.of.Key
	k.Src = [16]byte(p[8:24])
	return k
}

// tuple returns the flow as the engine names it.
func (f *flow) tuple() (core.Tuple, error) {
	k := f.key()
	return core.NewTuple(k.Protocol,
		netip.AddrPortFrom(netip.AddrFrom16(k.Src), k.SrcPort),
		netip.AddrPortFrom(netip.AddrFrom16(k.Dst), k.DstPort))
}

// String names a flow in a report.
func (f *flow) String() string {
	return fmt.Sprintf("%v, flow %d (%+v)", f.sock, f.number, f.key())
}

// String names a socket in a report.
func (s *sock) String() string {
	if e := s.end.Load(); e != nil {
		return fmt.Sprintf("namespace %d, socket %d", s.space.number, e.id)
	}
	return fmt.Sprintf("namespace %d, no socket", s.space.number)
}

// protocolOf returns the kind of the socket that sends packets of a protocol.
func protocolOf(number uint8) core.Protocol {
	switch number {
	case pkt.TCP:
		return core.TCP
	case pkt.UDP:
		return core.UDP
	case pkt.ICMPv6:
		return core.Ping
	}
	return core.Raw
}
