package main

import (
	"cmp"
	"errors"
	"math/rand/v2"
	"net/netip"
	"slices"

	"github.com/flowlabel/flowlabel/core"
	"github.com/flowlabel/flowlabel/perf/capture"
	"github.com/flowlabel/flowlabel/perf/pkt"
)

const (
	// One in so many flows sends packets that end too early.
	damagedOneIn = 512
	// A socket in so many has packets that come in for it, for its first flows.
	answeredOneIn = 4
	maxAnswers    = 4
	// Packets without a flow are at most one in so many.
	straysOneIn = 8
	// chunkLen is the length of the pieces of memory that packets are cut from.
	chunkLen = 1 << 20
	// A socket in so many has manyFlows flows, the others a number of fewFlows.
	manyOneIn = 251
	manyFlows = 256
)

var fewFlows = [...]int{1, 1, 2, 1, 4, 1, 2, 8}

var errNoFlows = errors.New("no packet whose flow can be told")

// multiply copies the flows of a capture as often as it takes, in the order of
// their protocols, since a socket has one. Each copy has a source address of its
// own; the copies of a flow take turns through its packets. Packets without a
// flow, such as later fragments, are copied in proportion.
func (l *load) multiply(c *capture.Capture) error {
	told, strays := sorted(c.Flows)
	if len(told) == 0 {
		return errNoFlows
	}
	m := multiplier{load: l, rng: l.stream("packets", 0)}
	l.flows = make([]flow, l.plan.flows)
	for i := range l.flows {
		f := &l.flows[i]
		f.of, f.number = told[i*len(told)/len(l.flows)], uint32(i+1)
	}
	for first := 0; first < len(l.flows); {
		first += m.addSock(first)
	}
	copies := (l.plan.flows + len(told) - 1) / len(told)
	l.strays = make([]flow, min(copies*len(strays), l.plan.flows/straysOneIn))
	for i := range l.strays {
		m.addStray(i, strays[i%len(strays)])
	}
	return nil
}

// sorted returns the flows that can be told by their protocols, and the others.
func sorted(flows []capture.Flow) (told, strays []*capture.Flow) {
	for i := range flows {
		if f := &flows[i]; f.Form == pkt.Told {
			told = append(told, f)
		} else {
			strays = append(strays, f)
		}
	}
	slices.SortStableFunc(told, func(a, b *capture.Flow) int {
		return cmp.Compare(protocolOf(a.Key.Protocol), protocolOf(b.Key.Protocol))
	})
	return told, strays
}

// multiplier makes sockets and packets.
type multiplier struct {
	*load
	rng  *rand.Rand
	rest []byte // of the chunk that packets are cut from
}

// addSock makes a socket for the flows from the first one on, and returns how
// many of them it has got.
func (m *multiplier) addSock(first int) int {
	number := len(m.socks)
	s := &sock{protocol: protocolOf(m.flows[first].of.Key.Protocol)}
	s.flows = m.flows[first:min(first+m.sizeOf(number), len(m.flows))]
	for i := range s.flows {
		if protocolOf(s.flows[i].of.Key.Protocol) != s.protocol {
			s.flows = s.flows[:i]
			break
		}
	}
	s.dst = netip.AddrFrom16(s.flows[0].of.Key.Dst)
	s.space, s.answered = m.place(number), m.rng.IntN(answeredOneIn) == 0
	s.group = s.space.groupOf()
	m.socks = append(m.socks, s)
	for i := range s.flows {
		m.addFlow(s, i)
	}
	return len(s.flows)
}

// sizeOf returns how many flows a socket is to have.
func (m *multiplier) sizeOf(number int) int {
	if number%manyOneIn == manyOneIn-1 {
		return manyFlows
	}
	return fewFlows[m.rng.IntN(len(fewFlows))]
}

// place returns the namespace of a socket or a stray of that number. Consecutive
// ones go to different workers and, after a round of those, to different
// namespaces.
func (l *load) place(number int) *space { return l.spaces[number/len(l.workers)%len(l.spaces)] }

// addFlow makes the packets of a socket's flow.
func (m *multiplier) addFlow(s *sock, i int) {
	f := &s.flows[i]
	f.sock = s
	w := m.workers[(len(m.socks)-1)%len(m.workers)]
	whole := m.copy(f, s.group.headers.WireLen())
	if s.answered && i < maxAnswers {
		w.receive(s.space, &answer{m.reverse(whole), f})
		m.answers++
	}
	f.packet = whole
	if m.rng.IntN(damagedOneIn) == 0 {
		f.packet = whole[:4+m.rng.IntN(len(whole)-4)]
	}
	w.sendFor(s.space, f)
}

// addStray makes a packet without a flow.
func (m *multiplier) addStray(i int, of *capture.Flow) {
	f := &m.strays[i]
	f.sock, f.of, f.number = m.place(i).strays, of, uint32(len(m.flows)+1+i)
	f.packet = m.copy(f, 0)
	m.workers[i%len(m.workers)].sendFor(f.sock.space, f)
}

// copy returns a packet of a flow, with room behind it.
func (m *multiplier) copy(f *flow, room int) []byte {
	p := m.buffer(f.of.Packets[int(f.number)%len(f.of.Packets)], room)
	pkt.Renumber(p, int(f.number))
	pkt.SetLabel(p, 0)
	return p
}

// reverse returns a packet in the other direction.
func (m *multiplier) reverse(p []byte) []byte {
	p = m.buffer(p, 0)
	pkt.Reverse(p)
	pkt.SetLabel(p, m.rng.Uint32())
	return p
}

func (m *multiplier) buffer(p []byte, room int) []byte {
	size := len(p) + room
	if size > len(m.rest) {
		m.rest = make([]byte, max(chunkLen, size))
		m.bufferBytes += int64(len(m.rest))
	}
	b := m.rest[:len(p):size]
	m.rest = m.rest[size:]
	copy(b, p)
	return b
}

// strayOf makes the sock of the packets that are no socket's.
func strayOf(s *space) *sock {
	return &sock{space: s, group: &group{share: core.Any}}
}
