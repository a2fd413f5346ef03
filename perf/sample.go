package main

import (
	"time"

	"github.com/flowlabel/flowlabel/core"
	"github.com/flowlabel/flowlabel/perf/pkt"
)

// The stages of a packet's path.
const (
	parsing = iota
	finding
	deciding
	rewriting
	numStages
)

// sample sends one burst of the largest size stage by stage, with the calls that
// do one each, and reads the clock in between. Packets, flows and sockets come out
// of memory in the stage that first looks at them, as on the whole path, but a
// packet waits in the cache from stage to stage for many more others.
func (w *worker) sample() {
	l := &w.lists[w.rng.IntN(len(w.lists))]
	b := l.burst(&w.burst, w.rng.IntN(len(l.flows)), maxBurst)
	n := len(b.flows)
	var (
		tuples [maxBurst]core.Tuple
		how    [maxBurst]core.Sending
		at     [numStages + 1]time.Time
	)
	for i, f := range b.flows {
		b.packets[i] = f.packet
		asked := core.Label(f.asks & labelMask)
		how[i] = core.Sending{Addressed: asked != 0, Address: asked}
	}
	at[parsing] = time.Now()
	for i, p := range b.packets[:n] {
		tuples[i], _ = core.TupleOf(p)
	}
	at[finding] = time.Now()
	w.reader.Enter()
	w.inBursts(n, func(from, to int) { w.reader.FindBurst(b.space.ns, tuples[from:to], b.found[from:to]) })
	at[deciding] = time.Now()
	w.inBursts(n, func(from, to int) {
		w.reader.SendBurst(b.found[from:to], tuples[from:to], how[from:to], b.decisions[from:to])
	})
	at[rewriting] = time.Now()
	for i := range n {
		b.rewrite(w.reader, i)
	}
	w.reader.Exit()
	at[numStages] = time.Now()
	for stage := range numStages {
		w.stages[stage].add(float64(at[stage+1].Sub(at[stage])) / float64(n))
	}
	w.sampled += int64(n)
	b.ready()
}

// inBursts calls f for n packets, as many at a time as a burst has.
func (w *worker) inBursts(n int, f func(from, to int)) {
	for from := 0; from < n; from += w.burstLen {
		f(from, min(from+w.burstLen, n))
	}
}

// rewrite writes the label into a packet that may be sent, and the headers.
func (b *burst) rewrite(r *core.Reader, i int) {
	if d := &b.decisions[i]; d.Verdict == core.Allowed || d.Verdict == core.AllowedWithHeaders {
		pkt.SetLabel(b.packets[i], uint32(d.Label))
	}
	b.insert(r, i)
}
