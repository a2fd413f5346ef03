package main

import (
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/flowlabel/flowlabel/core"
	"github.com/flowlabel/flowlabel/perf/capture"
)

// minLinger is the shortest linger of the engine's leases.
const minLinger = 200 * time.Millisecond

// plan says how large a load is, and how busy.
type plan struct {
	flows   int
	leases  int // to be held; see defaultLeases
	workers int
	burst   int // packets in one section
	churn   int // moves of the controllers a second, in all
	seed    uint64
}

// stream returns the random numbers for one purpose, out of the plan's seed.
func (p *plan) stream(purpose string, number int) *rand.Rand {
	at := uint64(number)
	for _, c := range purpose {
		at = at*31 + uint64(c)<<32
	}
	return rand.New(rand.NewPCG(p.seed, at))
}

// load is an engine, what is put to it, and who does it.
type load struct {
	plan
	eng         *core.Engine
	start       time.Time // zero for the models
	failures    failures
	spaces      []*space
	socks       []*sock
	flows       []flow
	strays      []flow // packets that belong to no flow, each with a source of its own
	answers     int
	bufferBytes int64
	workers     []*worker
	controllers []*controller
	lastID      atomic.Uint32 // of the models' sockets; each controller takes the next

	elapsed time.Duration // in drive
	driven  int64         // packets sent meanwhile
	stats   core.Stats    // at the end of it
}

// newLoad builds an engine, and multiplies the flows of a capture.
func newLoad(c *capture.Capture, p plan) (*load, error) {
	eng, err := core.New(core.Options{
		Rules:      core.Rules{MinLinger: minLinger},
		MaxFlows:   max(1<<20, p.flows+p.flows/8),
		MaxSockets: max(1<<20, p.flows+p.flows/8), // a closed one waits for the readers
		MaxLeases:  max(1<<20, 2*p.leases),
	})
	if err != nil {
		return nil, err
	}
	l := &load{plan: p, eng: eng, start: time.Now()}
	if err := l.build(c); err != nil {
		l.close()
		return nil, err
	}
	return l, nil
}

func (l *load) build(c *capture.Capture) error {
	for i := range l.spaceCount() {
		s, err := l.newSpace(i)
		if err != nil {
			return err
		}
		l.spaces = append(l.spaces, s)
	}
	for i := range l.plan.workers {
		l.workers = append(l.workers, newWorker(l, i))
	}
	if err := l.multiply(c); err != nil {
		return err
	}
	for _, w := range l.workers {
		w.shuffle()
	}
	controllers := max(2, l.plan.workers/4)
	for i := range controllers {
		l.controllers = append(l.controllers, newController(l, i, controllers))
	}
	return nil
}

// spaceCount returns the number of namespaces: the lock of a namespace's model is
// the workers' only meeting place.
func (p *plan) spaceCount() int { return max(len(settings), 4*p.workers) }

// now is the time that the models are told.
func (l *load) now() time.Duration { return time.Since(l.start) }

func (l *load) close() {
	for _, w := range l.workers {
		w.reader.Close()
	}
	_ = l.eng.Close() // always nil
}
