package main

import (
	"errors"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/flowlabel/flowlabel/core"
)

const (
	// A controller makes the moves that are due, and then pauses: the cores are
	// the workers'. What it cannot make in time it forgets.
	pause   = time.Millisecond
	maxOwed = 50 * pause

	// maxHeld is the most uses of labels that a socket holds.
	maxHeld = 4
	// maxDue is the most released labels of a namespace that a controller
	// remembers.
	maxDue = 256
	// A controller keeps one flow in so many unbound, and one socket closed.
	unboundOneIn = 500
	closedOneIn  = 1000
)

// controller changes the leases and flows of its sockets. It is the only one to
// do so, while other controllers join and leave the same leases with theirs.
type controller struct {
	load    *load
	socks   []*sock
	leasing []*sock // those that were given leases
	rng     *rand.Rand
	rate    float64 // moves a second
	due     [][]due // by namespace, in the order of release
	unbound []*flow // in the order of unbinding
	shut    []*sock // in the order of closing
	flows   int     // of the sockets

	uses, goal                     int // of labels
	created                        int // leases, with the engine's choice of label
	moves, retaken, binds, unbinds int64
	opened                         int64
}

// due is a label that might be free from a time on.
type due struct {
	label core.Label
	at    time.Duration
}

// newController returns one of so many controllers, with its part of the sockets.
func newController(l *load, number, controllers int) *controller {
	c := &controller{
		load: l,
		rng:  l.stream("controller", number),
		rate: float64(l.plan.churn) / float64(controllers),
		due:  make([][]due, len(l.spaces)),
	}
	for i := number; i < len(l.socks); i += controllers {
		c.socks = append(c.socks, l.socks[i])
		c.flows += len(l.socks[i].flows)
	}
	// The order of their making is that of their namespaces and groups.
	c.rng.Shuffle(len(c.socks), func(a, b int) { c.socks[a], c.socks[b] = c.socks[b], c.socks[a] })
	return c
}

// run makes moves until it is told to stop.
func (c *controller) run(stop *atomic.Bool) {
	if len(c.socks) == 0 {
		return
	}
	owed, last := 0.0, time.Now()
	for !stop.Load() {
		now := time.Now()
		owed += c.rate * min(now.Sub(last), maxOwed).Seconds()
		last = now
		for ; owed >= 1 && !stop.Load(); owed-- {
			c.move()
		}
		time.Sleep(pause)
	}
}

// change brackets a change of what workers compare about a socket.
func (s *sock) change() (done func()) {
	s.version.Add(1)
	return func() { s.version.Add(1) }
}

// join leases a label for a socket on its group's terms: the one that the group
// shares, or a new one.
func (c *controller) join(s *sock) {
	g := s.group
	if g.exclusive() {
		_, _ = c.take(s, 0, false) // what it cannot get it goes without
		return
	}
	shared := g.label.Load()
	got, err := c.take(s, core.Label(shared), false)
	switch {
	case err == nil:
		g.label.CompareAndSwap(shared, uint32(got))
	case errors.Is(err, core.ErrNotShared):
		// It ran out and was leased by somebody else.
		g.label.CompareAndSwap(shared, 0)
	}
}

// take leases a label for a socket, a new one if label is 0. If it has to be
// fresh nobody may have a lease of it. The socket's packets then ask for the label.
func (c *controller) take(s *sock, label core.Label, fresh bool) (core.Label, error) {
	defer s.change()()
	end := s.endpoint()
	req := s.group.request(s.dst)
	req.Label, req.Fresh = label, fresh
	got, err := end.sock.Get(req)
	if err != nil {
		return 0, err
	}
	if label != 0 && got != label {
		c.load.failures.report("%v: asked for label %#05x, leased %#05x", s, label, got)
	}
	if err := s.space.model.Take(end.id, uint32(got), s.group.terms(), c.load.now()); err != nil {
		c.load.failures.report("%v: %v", s, err)
	}
	if label == 0 {
		c.created++
	}
	c.uses++
	s.ask(uint32(got))
	return got, nil
}

// drop gives up one use of a label that the socket holds. Its packets go on
// asking for it.
func (c *controller) drop(s *sock, label core.Label) {
	defer s.change()()
	end, now := s.endpoint(), c.load.now()
	if !s.space.model.Drop(end.id, uint32(label), now) {
		c.load.failures.report("%v: the model does not know of label %#05x", s, label)
	}
	if err := end.sock.Put(label); err != nil {
		c.load.failures.report("%v: putting label %#05x, which it holds: %v", s, label, err)
	}
	c.uses--
	s.refresh() // the label may have been the current one
	if q := &c.due[s.space.number]; len(*q) < maxDue {
		*q = append(*q, due{label, now + minLinger})
	}
}

// full says whether the socket holds as many labels as it may.
func (s *sock) full() bool {
	uses, _ := s.space.model.Held(s.endpoint().id)
	return uses >= maxHeld
}

// dropLast drops the label that the socket took last, and returns it; 0 if it
// has none.
func (c *controller) dropLast(s *sock) core.Label {
	uses, last := s.space.model.Held(s.endpoint().id)
	if uses == 0 {
		return 0
	}
	c.drop(s, core.Label(last.Label))
	return core.Label(last.Label)
}
