package main

import (
	"errors"

	"github.com/flowlabel/flowlabel/core"
)

// chance is a move, and how often it is made out of a hundred.
type chance struct {
	percent int
	do      func(*controller, *sock)
}

// leasingMoves are what a controller does to sockets that lease labels, and
// flowMoves what it does to any.
var (
	leasingMoves = []chance{
		{30, (*controller).replace},
		{20, (*controller).renew},
		{14, (*controller).balance},
		{3, (*controller).stray},
		{10, (*controller).revive},
		{10, (*controller).retake},
		{9, (*controller).intrude},
		{4, (*controller).leaveGroup},
	}
	flowMoves = []chance{
		{60, (*controller).exchangeFlow},
		{4, (*controller).bindTwice},
		{16, (*controller).connect},
		{8, (*controller).reflect},
		{7, (*controller).choose},
		{5, (*controller).closeSocket},
	}
)

// leasingPercent is the share of leasingMoves.
const leasingPercent = 65

// move makes one move.
func (c *controller) move() {
	c.moves++
	from, chances := c.socks, flowMoves
	if len(c.leasing) > 0 && c.rng.IntN(100) < leasingPercent {
		from, chances = c.leasing, leasingMoves
	}
	s := from[c.rng.IntN(len(from))]
	if s.closed {
		c.knock(s)
		return
	}
	dice := c.rng.IntN(100)
	for _, m := range chances {
		if dice -= m.percent; dice < 0 {
			m.do(c, s)
			return
		}
	}
}

// replace exchanges the socket's last label for another.
func (c *controller) replace(s *sock) {
	if c.dropLast(s) != 0 || c.uses < c.goal {
		c.join(s)
	}
}

// balance leases another label beside those that the socket has, if fewer are
// leased in all than there should be. Otherwise it puts one, and nothing in its
// place: the socket's packets go on asking for a label that they must not carry,
// unless the namespace is open.
func (c *controller) balance(s *sock) {
	if c.uses >= c.goal {
		c.dropLast(s)
	} else if !s.full() {
		c.join(s)
	}
}

// stray makes the socket's packets ask for a label that is one bit off one that
// it holds.
func (c *controller) stray(s *sock) {
	defer s.change()()
	if uses, last := s.space.model.Held(s.endpoint().id); uses > 0 {
		s.ask(c.near(last.Label))
	}
}

// near returns a label that is one bit off another.
func (c *controller) near(label uint32) uint32 { return label ^ 1<<c.rng.IntN(20) }

// revive puts a label and asks for it again while it lingers.
func (c *controller) revive(s *sock) {
	if label := c.dropLast(s); label != 0 {
		_, _ = c.take(s, label, false) // an exclusive lease refuses it
	}
}

// renew makes the socket's last lease last longer.
func (c *controller) renew(s *sock) {
	end := s.endpoint()
	uses, last := s.space.model.Held(end.id)
	if uses == 0 {
		return
	}
	err := end.sock.Renew(core.Request{Label: core.Label(last.Label), Expires: 2 * minLinger})
	if err != nil {
		c.load.failures.report("%v: renewing label %#05x, which it holds: %v", s, last.Label, err)
	}
}

// retake leases a label whose linger ought to be over, as a fresh one.
func (c *controller) retake(s *sock) {
	q := &c.due[s.space.number]
	if len(*q) == 0 || (*q)[0].at > c.load.now() {
		return
	}
	label := (*q)[0].label
	*q = (*q)[1:]
	if s.full() || c.uses > c.goal {
		return
	}
	if _, err := c.take(s, label, true); err == nil {
		c.retaken++
	}
}

// intrude asks for a lease that is not shared with the socket, for the label 0
// without the leave to create, for too large a label, and puts a label that the
// socket does not hold.
func (c *controller) intrude(s *sock) {
	victim := c.leasing[c.rng.IntN(len(c.leasing))]
	if label := victim.asked(); victim.space == s.space && label != 0 && !s.full() {
		_, _ = c.take(s, label, c.rng.IntN(2) == 0)
	}
	req := s.group.request(s.dst)
	req.Create = false
	c.refused(s, req, core.ErrNotFound)
	req.Label = core.MaxLabel + 1
	c.refused(s, req, core.ErrLabel)
	if err := s.endpoint().sock.Put(core.MaxLabel + 1); !errors.Is(err, core.ErrNotHeld) {
		c.load.failures.report("%v: putting a label that it cannot hold: %v", s, err)
	}
}

// refused asks for what cannot be had.
func (c *controller) refused(s *sock, req core.Request, want error) {
	if label, err := s.endpoint().sock.Get(req); !errors.Is(err, want) {
		c.load.failures.report("%v: leased label %#05x, error %v, instead of error %v", s, label, err, want)
	}
}

// leaveGroup gives the socket's group another label, to which its sockets go over
// one by one, so that the lease of the old one can end.
func (c *controller) leaveGroup(s *sock) {
	s.group.label.Store(0)
	c.replace(s)
}
