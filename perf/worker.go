package main

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync/atomic"
	"time"

	"golang.org/x/sys/cpu"

	"github.com/flowlabel/flowlabel/core"
)

const (
	// batchLen is the number of bursts between two readings of the clock, after
	// which one more burst is verified.
	batchLen = 47
	// answersLen is the number of bursts that come in after a batch.
	answersLen = 6
	// sampledOneIn: after a batch in so many the stages are timed.
	sampledOneIn = 8
)

// worker sends the packets of its flows, and receives those that come in for
// their sockets.
type worker struct {
	reader   *core.Reader
	failures *failures
	burstLen int
	lists    []list // by namespace
	turn     int    // index of the list of the next burst
	rng      *rand.Rand
	tamper   func(*burst) // as in program
	burst    burst
	before   before

	batches    int    // sent so far
	sends      series // ns a packet, by batch
	receives   series
	stages     [numStages]series
	sampled    int64 // packets
	passedOver int64 // verified packets whose flow changed meanwhile
	tally      tally
	heard      [8]int64 // packets that came in, by core.Verdict

	_ cpu.CacheLinePad
	// All three are stored by the worker after a batch, and loaded by the live
	// line, which asks for no order.
	packets, received, verified atomic.Int64
	_                           cpu.CacheLinePad
}

// list is what a worker has of one namespace.
type list struct {
	space   *space
	flows   []*flow
	next    int // index of the first flow of the next burst
	answers []*answer
	nextIn  int // the same of the answers
}

func newWorker(l *load, number int) *worker {
	w := &worker{
		reader:   l.eng.Reader(fmt.Sprintf("worker %d", number)),
		failures: &l.failures,
		burstLen: l.plan.burst,
		rng:      l.stream("worker", number),
	}
	for _, s := range l.spaces {
		w.lists = append(w.lists, list{space: s})
	}
	return w
}

// sendFor and receive give the worker one more flow, and one more packet that
// comes in.
func (w *worker) sendFor(s *space, f *flow) {
	l := &w.lists[s.number]
	l.flows = append(l.flows, f)
}

func (w *worker) receive(s *space, a *answer) {
	l := &w.lists[s.number]
	l.answers = append(l.answers, a)
}

// shuffle puts flows into an order of their own: that of their making would be
// the order of their memory. Of the lists only those with flows remain.
func (w *worker) shuffle() {
	kept := w.lists[:0]
	for _, l := range w.lists {
		w.rng.Shuffle(len(l.flows), func(a, b int) { l.flows[a], l.flows[b] = l.flows[b], l.flows[a] })
		w.rng.Shuffle(len(l.answers), func(a, b int) { l.answers[a], l.answers[b] = l.answers[b], l.answers[a] })
		if len(l.flows) > 0 {
			kept = append(kept, l)
		}
	}
	w.lists = kept
}

// run sends batches until it is told to stop.
func (w *worker) run(stop *atomic.Bool) {
	for len(w.lists) > 0 && !stop.Load() {
		w.batch()
		w.answersBatch()
		w.verify(w.randomBurst())
		w.verifyReceive(w.randomAnswers())
		if w.batches%sampledOneIn == 1 {
			w.sample()
		}
		// The controllers and the engine's goroutine have no core of their own.
		runtime.Gosched()
	}
}

// batch sends the bursts of one batch.
func (w *worker) batch() {
	packets := 0
	start := time.Now()
	for range batchLen {
		b := w.nextBurst()
		b.label(w.reader)
		w.tally.count(b)
		b.ready()
		packets += len(b.flows)
	}
	w.sends.add(float64(time.Since(start)) / float64(packets))
	w.batches++
	w.packets.Add(int64(packets))
}

// nextList returns the list of the next burst.
func (w *worker) nextList() *list {
	w.turn = (w.turn + 1) % len(w.lists)
	return &w.lists[w.turn]
}

// nextBurst returns the next burst: the last one of a round may be shorter.
func (w *worker) nextBurst() *burst {
	l := w.nextList()
	b := l.burst(&w.burst, l.next, w.burstLen)
	l.next = (l.next + len(b.flows)) % len(l.flows)
	return b
}

// randomBurst returns a burst from anywhere, so that each flow is verified one
// day.
func (w *worker) randomBurst() *burst {
	l := &w.lists[w.rng.IntN(len(w.lists))]
	return l.burst(&w.burst, w.rng.IntN(len(l.flows)), w.burstLen)
}

// burst makes b the burst of flows from one on.
func (l *list) burst(b *burst, from, length int) *burst {
	b.space, b.answers = l.space, nil
	b.flows = l.flows[from:min(from+length, len(l.flows))]
	return b
}
