package main

import (
	"fmt"
	"net/netip"

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
	number   int
	ns       *core.Namespace
	model    *plain.Namespace
	open     bool
	settings core.Settings
	socks    int
	groups   []*group
	strays   *sock
}

// settings are those of the namespaces, which take turns.
var settings = [...]core.Settings{
	core.DefaultSettings(),
	{AutoLabels: 1, StateRanges: true, Reflect: core.ReflectEstablished},
	{AutoLabels: 3},
	{AutoLabels: 2, StateRanges: true},
	{AutoLabels: 3, StateRanges: true, Reflect: core.ReflectEstablished},
	core.DefaultSettings(),
	{AutoLabels: 0, Reflect: core.ReflectReset},
	{AutoLabels: 1},
}

func (l *load) newSpace(number int) (*space, error) {
	s := &space{number: number, open: number%4 == 0, settings: settings[number%len(settings)]}
	var err error
	s.ns, err = l.eng.Namespace(fmt.Sprintf("namespace %d", number), core.NamespaceOptions{Settings: &s.settings})
	if err != nil {
		return nil, err
	}
	s.strays = strayOf(s)
	s.model = plain.New(plain.Settings{
		Guarded:     !s.open,
		MinLinger:   minLinger,
		Reflect:     s.settings.Reflect&core.ReflectEstablished != 0,
		Auto:        s.settings.AutoLabels,
		StateRanges: s.settings.StateRanges,
		Flows:       l.plan.flows / l.spaceCount(),
	})
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
	s.model.Open(keeper, plain.Other)
	label, err := sock.Get(g.request(netip.MustParseAddr("2001:db8::1")))
	if err != nil {
		return err
	}
	return s.model.Take(keeper, uint32(label), g.terms(), l.now())
}

// groupOf returns the group for the next socket of the namespace.
func (s *space) groupOf() *group {
	if s.socks%groupSize == 0 {
		s.groups = append(s.groups, newGroup(s, len(s.groups)))
	}
	s.socks++
	return s.groups[len(s.groups)-1]
}
