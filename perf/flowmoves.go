package main

import (
	"errors"

	"github.com/flowlabel/flowlabel/core"
	"github.com/flowlabel/flowlabel/perf/plain"
)

// exchangeFlow unbinds a flow of the socket, and binds the one that has been
// unbound longest, if enough are.
func (c *controller) exchangeFlow(s *sock) {
	if f := &s.flows[c.rng.IntN(len(s.flows))]; f.bound {
		c.unbind(f)
	}
	if len(c.unbound) <= c.flows/unboundOneIn {
		return
	}
	f := c.unbound[0]
	c.unbound = c.unbound[1:]
	if f.bound || f.sock.closed {
		return // its socket was closed, which will bind it
	}
	defer f.sock.change()()
	if err := c.bind(f); err != nil {
		c.load.failures.report("binding: %v", err)
	}
}

func (c *controller) unbind(f *flow) {
	defer f.sock.change()()
	end := f.sock.endpoint()
	t, _ := f.tuple() // as when it was bound
	if !f.sock.space.model.Unbind(end.id, f.key()) {
		c.load.failures.report("%v: not bound in the model", f)
	}
	if err := end.sock.Unbind(t); err != nil {
		c.load.failures.report("%v: unbinding: %v", f, err)
	}
	f.bound = false
	c.unbinds++
	c.unbound = append(c.unbound, f)
}

// bindTwice binds a flow that is bound, and unbinds one that is not.
func (c *controller) bindTwice(s *sock) {
	f := &s.flows[c.rng.IntN(len(s.flows))]
	t, _ := f.tuple()
	sock := s.endpoint().sock
	if f.bound {
		if err := sock.Bind(t); !errors.Is(err, core.ErrBound) {
			c.load.failures.report("%v: bound twice: %v", f, err)
		}
	} else if err := sock.Unbind(t); !errors.Is(err, core.ErrNotBound) {
		c.load.failures.report("%v: unbound twice: %v", f, err)
	}
}

// connect makes a label the socket's current one, mostly one that it holds, and
// lets its packets ask for none; once in a while it is one that the socket may not
// have, or none.
func (c *controller) connect(s *sock) {
	end, model := s.endpoint(), s.space.model
	if model.Reflects(end.id) {
		return // what it was connected with is soon overwritten
	}
	_, last := model.Held(end.id)
	label := last.Label
	if c.rng.IntN(4) == 0 {
		label = c.near(label)
	}
	defer s.change()()
	may, err := model.Connect(end.id, label), end.sock.Connect(core.Label(label))
	if may != (err == nil) || err != nil && !errors.Is(err, core.ErrRefused) {
		c.load.failures.report("%v: connected with label %#05x: error %v, permitted in the model: %v", s, label, err, may)
	}
	if current, _ := model.Labels(end.id); current != 0 {
		s.ask(viaCurrent)
	} else if may {
		s.ask(0)
	}
}

// reflect makes the socket answer with its peer's labels, or no longer. Only TCP
// sockets may, and only where the namespace permits it.
func (c *controller) reflect(s *sock) {
	defer s.change()()
	end, model := s.endpoint(), s.space.model
	on := !model.Reflects(end.id)
	want := s.space.reflectError(s.protocol, on)
	err := end.sock.StopReflecting
	if on {
		err = end.sock.Reflect
	}
	got := err()
	if !errors.Is(got, want) || want == nil && !model.Reflect(end.id, on) {
		c.load.failures.report("%v: reflecting, %v: error %v, expected %v", s, on, got, want)
	}
	if got == nil {
		s.refresh()
		s.ask(s.unasked())
	}
}

// reflectError returns what is wrong with it if a socket begins to reflect, or
// ends.
func (s *space) reflectError(p core.Protocol, on bool) error {
	switch {
	case on && s.settings.Consistency:
		return core.ErrConsistency
	case p != core.TCP:
		return core.ErrProtocol
	}
	return nil
}

// choose makes a choice about automatic labels.
func (c *controller) choose(s *sock) {
	choice := c.rng.IntN(3)
	defer s.change()()
	end := s.endpoint()
	s.space.model.Choose(end.id, [...]plain.Choice{plain.Default, plain.Off, plain.On}[choice])
	err := end.sock.ChooseAutoLabels([...]core.AutoChoice{core.AutoDefault, core.AutoOff, core.AutoOn}[choice])
	if err != nil {
		c.load.failures.report("%v: choice %d about automatic labels: %v", s, choice, err)
	}
}

// closeSocket closes the socket, and opens another in the place of the one that
// has been closed longest, if enough are.
func (c *controller) closeSocket(s *sock) {
	c.close(s)
	c.shut = append(c.shut, s)
	if len(c.shut) <= len(c.socks)/closedOneIn {
		return
	}
	s = c.shut[0]
	c.shut = c.shut[1:]
	if s.closed {
		c.knock(s)
	}
}

// close closes the socket. Its flows are nobody's until there is another.
func (c *controller) close(s *sock) {
	defer s.change()()
	end := s.endpoint()
	uses, _ := s.space.model.Held(end.id)
	c.uses -= uses
	s.space.model.Close(end.id, c.load.now())
	if err := end.sock.Close(); err != nil {
		c.load.failures.report("%v: closing: %v", s, err)
	}
	s.closed = true
	for i := range s.flows {
		if s.flows[i].bound {
			s.flows[i].bound = false
			c.unbinds++
		}
	}
}

// knock asks for a label on a closed socket, and then opens another in its place.
func (c *controller) knock(s *sock) {
	c.refused(s, s.group.request(s.dst), core.ErrClosed)
	if err := c.open(s); err != nil {
		c.load.failures.report("opening: %v", err)
	}
}
