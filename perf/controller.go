package main

import (
	"errors"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/flowlabel/flowlabel/core"
)

const (
	// A controller makes so many moves, and then pauses: the cores are the
	// workers'.
	movesATurn = 100
	pause      = time.Millisecond

	// maxHeld is the most uses of labels that a flow holds.
	maxHeld = 4
	// maxDue is the most released labels of a namespace that a controller
	// remembers.
	maxDue = 256
)

// controller changes the leases of its flows. It is the only one to do so, while
// other controllers join and leave the same leases with their flows.
type controller struct {
	now      func() time.Duration
	failures *failures
	flows    []*flow
	rng      *rand.Rand
	due      [][]due // by namespace, in the order of release

	moves, retaken int64
	closed         int // flows
}

// due is a label that might be free from a time on.
type due struct {
	label core.Label
	at    time.Duration
}

func newController(l *load, number int, flows []*flow) *controller {
	return &controller{
		now:      l.now,
		failures: &l.failures,
		flows:    flows,
		rng:      rand.New(rand.NewPCG(uint64(number), 0)),
		due:      make([][]due, len(l.spaces)),
	}
}

// settle leases each flow its first label.
func (c *controller) settle() {
	for _, f := range c.flows {
		c.join(f)
	}
}

// run makes moves until it is told to stop.
func (c *controller) run(stop *atomic.Bool) {
	for len(c.flows) > 0 && !stop.Load() {
		for range movesATurn {
			c.move(c.flows[c.rng.IntN(len(c.flows))])
		}
		time.Sleep(pause)
	}
}

// join leases a label for a flow on its group's terms: the one that the group
// shares, or a new one.
func (c *controller) join(f *flow) {
	g := f.home.group
	if g.exclusive() {
		_, _ = c.take(f, 0, false) // what it cannot get it goes without
		return
	}
	shared := g.label.Load()
	got, err := c.take(f, core.Label(shared), false)
	switch {
	case err == nil:
		g.label.CompareAndSwap(shared, uint32(got))
	case errors.Is(err, core.ErrNotShared):
		// It ran out and was leased by somebody else.
		g.label.CompareAndSwap(shared, 0)
	}
}

// take leases a label for a flow, a new one if label is 0. If it has to be fresh
// nobody may have a lease of it. The flow's packets then carry the label.
func (c *controller) take(f *flow, label core.Label, fresh bool) (core.Label, error) {
	h := f.home
	req := h.group.request(h.dst)
	req.Label, req.Fresh = label, fresh
	f.version.Add(1)
	defer f.version.Add(1)
	got, err := f.sock.Get(req)
	if err != nil {
		return 0, err
	}
	if label != 0 && got != label {
		c.failures.report("%v: asked for label %#05x, leased %#05x", f, label, got)
	}
	if err := h.space.model.Take(h.id, uint32(got), h.group.terms(), c.now()); err != nil {
		c.failures.report("%v: %v", f, err)
	}
	f.label.Store(uint32(got))
	return got, nil
}

// drop gives up one use of a label that the flow holds. Its packets go on
// carrying it.
func (c *controller) drop(f *flow, label core.Label) {
	h := f.home
	f.version.Add(1)
	defer f.version.Add(1)
	now := c.now()
	if !h.space.model.Drop(h.id, uint32(label), now) {
		c.failures.report("%v: the model does not know of label %#05x", f, label)
	}
	if err := f.sock.Put(label); err != nil {
		c.failures.report("%v: putting label %#05x, which it holds: %v", f, label, err)
	}
	if q := &c.due[h.space.number]; len(*q) < maxDue {
		*q = append(*q, due{label, now + minLinger})
	}
}

// full says whether the flow holds as many labels as it may.
func (f *flow) full() bool {
	uses, _ := f.home.space.model.Held(f.home.id)
	return uses >= maxHeld
}

// dropLast drops the label that the flow took last, and returns it; 0 if it has
// none.
func (c *controller) dropLast(f *flow) core.Label {
	uses, last := f.home.space.model.Held(f.home.id)
	if uses == 0 {
		return 0
	}
	c.drop(f, core.Label(last.Label))
	return core.Label(last.Label)
}
