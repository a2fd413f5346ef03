package main

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync/atomic"
	"time"

	"golang.org/x/sys/cpu"

	"github.com/flowlabel/flowlabel/core"
	"github.com/flowlabel/flowlabel/perf/pkt"
)

const (
	// burstLen is the number of packets that are checked in one section.
	burstLen = 32
	// batchLen is the number of bursts between two readings of the clock, after
	// which one more burst is verified.
	batchLen = 47
	// maxBatches is the most batches whose times are kept, the last ones.
	maxBatches = 1 << 16
)

// burst is packets under way, and what the engine says of them.
type burst struct {
	flows    []*flow
	labels   [burstLen]core.Label
	verdicts [burstLen]core.Verdict
	headers  [burstLen]*core.Headers // of those that are allowed with headers
}

// worker sends the packets of its flows.
type worker struct {
	reader   *core.Reader
	failures *failures
	flows    []*flow
	next     int // index of the first flow of the next burst
	rng      *rand.Rand
	tamper   func(*burst) // as in program
	burst    burst
	before   before

	batches    int       // sent so far
	nanos      []float64 // a packet, by batch; see maxBatches
	verdicts   [4]int64  // by core.Verdict
	passedOver int64     // verified packets whose flow changed meanwhile

	_ cpu.CacheLinePad
	// Both are stored by the worker after a batch, and loaded by the live line,
	// which asks for no order.
	packets, verified atomic.Int64
	_                 cpu.CacheLinePad
}

func newWorker(l *load, number int, flows []*flow) *worker {
	return &worker{
		reader:   l.eng.Reader(fmt.Sprintf("worker %d", number)),
		failures: &l.failures,
		flows:    flows,
		rng:      rand.New(rand.NewPCG(uint64(number), 1)),
	}
}

// run sends batches until it is told to stop.
func (w *worker) run(stop *atomic.Bool) {
	for len(w.flows) > 0 && !stop.Load() {
		// From a place chosen by chance, so that each flow is verified one day.
		w.next = w.rng.IntN(len(w.flows))
		w.batch()
		w.verify(w.nextBurst())
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
		w.send(b)
		packets += len(b.flows)
	}
	nanos := float64(time.Since(start)) / float64(packets)
	if len(w.nanos) < maxBatches {
		w.nanos = append(w.nanos, nanos)
	} else {
		w.nanos[w.batches%maxBatches] = nanos
	}
	w.batches++
	w.packets.Add(int64(packets))
}

// nextBurst returns the next burst: the last one of a round may be shorter.
func (w *worker) nextBurst() *burst {
	if w.next >= len(w.flows) {
		w.next = 0
	}
	end := min(w.next+burstLen, len(w.flows))
	w.burst.flows = w.flows[w.next:end]
	w.next = end
	return &w.burst
}

// send checks the packets of a burst, and writes the labels into those that may
// carry them. It goes through the burst three times, so that the flows, then the
// sockets, then the packets are fetched from memory side by side.
func (w *worker) send(b *burst) {
	for i, f := range b.flows {
		b.labels[i] = core.Label(f.label.Load())
	}
	w.reader.Enter()
	for i, f := range b.flows {
		b.verdicts[i] = w.reader.Check(f.sock, b.labels[i])
		if b.verdicts[i] == core.AllowedWithHeaders {
			b.headers[i] = w.reader.Headers(f.sock, b.labels[i])
		}
	}
	w.reader.Exit()
	for i, f := range b.flows {
		if v := b.verdicts[i]; v == core.Allowed || v == core.AllowedWithHeaders {
			pkt.SetLabel(f.packet, uint32(b.labels[i]))
		}
		w.verdicts[b.verdicts[i]&3]++
	}
}
