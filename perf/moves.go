package main

import (
	"errors"
	"fmt"

	"github.com/flowlabel/flowlabel/core"
)

// moves are what a controller does to a flow, and how often out of a hundred.
var moves = []struct {
	percent int
	do      func(*controller, *flow)
}{
	{30, (*controller).replace},
	{20, (*controller).renew},
	{10, (*controller).more},
	{7, (*controller).less},
	{3, (*controller).stray},
	{8, (*controller).revive},
	{10, (*controller).retake},
	{8, (*controller).intrude},
	{3, (*controller).leaveGroup},
	{1, (*controller).closeSocket},
}

// move makes one move.
func (c *controller) move(f *flow) {
	c.moves++
	if f.home.closed {
		c.knock(f)
		return
	}
	dice := c.rng.IntN(100)
	for _, m := range moves {
		if dice -= m.percent; dice < 0 {
			m.do(c, f)
			return
		}
	}
}

// replace exchanges the flow's last label for another.
func (c *controller) replace(f *flow) {
	c.dropLast(f)
	c.join(f)
}

// more leases another label beside those that the flow has.
func (c *controller) more(f *flow) {
	if !f.full() {
		c.join(f)
	}
}

// less puts a label, and nothing in its place: the flow's packets go on with a
// label that they must not carry, unless the namespace is open.
func (c *controller) less(f *flow) { c.dropLast(f) }

// stray makes the flow's packets carry a label that is one bit off one that the
// flow holds.
func (c *controller) stray(f *flow) {
	if uses, last := f.home.space.model.Held(f.home.id); uses > 0 {
		f.version.Add(1)
		f.label.Store(last.Label ^ 1<<c.rng.IntN(20))
		f.version.Add(1)
	}
}

// revive puts a label and asks for it again while it lingers.
func (c *controller) revive(f *flow) {
	if label := c.dropLast(f); label != 0 {
		_, _ = c.take(f, label, false) // an exclusive lease refuses it
	}
}

// renew makes the flow's last lease last longer.
func (c *controller) renew(f *flow) {
	uses, last := f.home.space.model.Held(f.home.id)
	if uses == 0 {
		return
	}
	err := f.sock.Renew(core.Request{Label: core.Label(last.Label), Expires: 2 * minLinger})
	if err != nil {
		c.failures.report("%v: renewing label %#05x, which it holds: %v", f, last.Label, err)
	}
}

// retake leases a label whose linger ought to be over, as a fresh one.
func (c *controller) retake(f *flow) {
	q := &c.due[f.home.space.number]
	if len(*q) == 0 || (*q)[0].at > c.now() {
		return
	}
	label := (*q)[0].label
	*q = (*q)[1:]
	if f.full() {
		return
	}
	if _, err := c.take(f, label, true); err == nil {
		c.retaken++
	}
}

// intrude asks for a lease that is not shared with the flow, for the label 0
// without the leave to create, for too large a label, and puts a label that the
// flow does not hold.
func (c *controller) intrude(f *flow) {
	victim := c.flows[c.rng.IntN(len(c.flows))]
	if victim.home.space == f.home.space && !f.full() {
		_, _ = c.take(f, core.Label(victim.label.Load()), c.rng.IntN(2) == 0)
	}
	h := f.home
	req := h.group.request(h.dst)
	req.Create = false
	c.refused(f, req, core.ErrNotFound)
	req.Label = core.MaxLabel + 1
	c.refused(f, req, core.ErrLabel)
	if err := f.sock.Put(core.MaxLabel + 1); !errors.Is(err, core.ErrNotHeld) {
		c.failures.report("%v: putting a label that it cannot hold: %v", f, err)
	}
}

// refused asks for what cannot be had.
func (c *controller) refused(f *flow, req core.Request, want error) {
	if label, err := f.sock.Get(req); !errors.Is(err, want) {
		c.failures.report("%v: leased label %#05x, error %v, instead of error %v", f, label, err, want)
	}
}

// leaveGroup gives the flow's group another label, to which its flows go over
// one by one, so that the lease of the old one can end.
func (c *controller) leaveGroup(f *flow) {
	f.home.group.label.Store(0)
	c.replace(f)
}

// closeSocket closes the flow's socket for good, for one flow in 64 at most.
func (c *controller) closeSocket(f *flow) {
	if c.closed >= len(c.flows)/64 {
		return
	}
	c.closed++
	h := f.home
	h.closed = true
	f.version.Add(1)
	defer f.version.Add(1)
	h.space.model.Close(h.id, c.now())
	if err := f.sock.Close(); err != nil {
		c.failures.report("%v: closing: %v", f, err)
	}
}

// knock asks for a label on a closed socket.
func (c *controller) knock(f *flow) {
	c.refused(f, f.home.group.request(f.home.dst), core.ErrClosed)
}

// String names a flow in a report.
func (f *flow) String() string {
	return fmt.Sprintf("namespace %d, socket %d", f.home.space.number, f.home.id)
}
