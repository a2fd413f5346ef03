package main

import (
	"fmt"
	"sync"

	"github.com/flowlabel/flowlabel/core"
	"github.com/flowlabel/flowlabel/perf/plain"
)

// settle opens all sockets, binds their flows and gives them their first leases,
// the controllers side by side.
func (l *load) settle() error {
	errs := make([]error, len(l.controllers))
	var all sync.WaitGroup
	for i, c := range l.controllers {
		all.Go(func() { errs[i] = c.settle(l.plan.leases / len(l.controllers)) })
	}
	all.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// settle also leases about so many labels: one for each socket or group, and more
// for each if that does not suffice.
func (c *controller) settle(leases int) error {
	for _, s := range c.socks {
		if err := c.open(s); err != nil {
			return err
		}
		s.heardBy = s.endpoint() // that is, nothing yet
	}
	for range maxHeld {
		for _, s := range c.socks {
			if c.created >= leases {
				break
			}
			c.settleLease(s)
		}
	}
	c.goal = c.uses
	for i, s := range c.leasing {
		if i%4 == 0 {
			c.connect(s)
		}
	}
	c.binds, c.unbinds, c.opened = 0, 0, 0
	return nil
}

// settleLease leases one more label for a socket that leases.
func (c *controller) settleLease(s *sock) {
	uses, _ := s.space.model.Held(s.endpoint().id)
	switch {
	case !s.group.leases:
	case uses == 0:
		c.join(s)
		c.leasing = append(c.leasing, s)
	default:
		_, _ = c.take(s, 0, false)
	}
}

// open makes a socket for s and binds its flows.
func (c *controller) open(s *sock) error {
	defer s.change()()
	sock, err := s.space.ns.Socket(core.SocketOptions{Protocol: s.protocol, Owner: s.group.owner})
	if err != nil {
		return fmt.Errorf("socket of %d flows: %w", len(s.flows), err)
	}
	end := &endpoint{sock, c.load.lastID.Add(1)}
	s.space.model.Open(end.id, modelKind(s.protocol))
	s.end.Store(end)
	s.closed = false
	s.ask(s.unasked())
	c.opened++
	for i := range s.flows {
		if err := c.bind(&s.flows[i]); err != nil {
			return err
		}
	}
	return nil
}

func modelKind(p core.Protocol) plain.Kind {
	switch p {
	case core.TCP:
		return plain.TCP
	case core.Ping:
		return plain.Ping
	}
	return plain.Other
}

// unasked returns what the packets of a socket ask for when they ask for nothing.
func (s *sock) unasked() uint32 {
	if s.space.model.Reflects(s.endpoint().id) {
		return viaPeer
	}
	return 0
}

// bind gives the flow back to its socket.
func (c *controller) bind(f *flow) error {
	t, err := f.tuple()
	if err != nil {
		return fmt.Errorf("%v: %w", f, err)
	}
	end := f.sock.endpoint()
	if err := end.sock.Bind(t); err != nil {
		return fmt.Errorf("%v: %w", f, err)
	}
	if err := f.sock.space.model.Bind(end.id, f.key()); err != nil {
		return fmt.Errorf("%v: %w", f, err)
	}
	f.bound = true
	c.binds++
	return nil
}
