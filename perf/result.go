package main

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/flowlabel/flowlabel/core"
	"github.com/flowlabel/flowlabel/perf/capture"
)

// result is what a run came to.
type result struct {
	plan
	name        string // of the capture
	capture     *capture.Capture
	controllers int
	sockets     int
	spaces      int
	open        int // of the spaces
	strays      int
	answers     int
	bufferBytes int64
	setUp       time.Duration
	elapsed     time.Duration

	sent       int64   // packets
	received   int64   // the same that came in
	rate       float64 // packets a second, verified bursts included
	sends      series  // ns a packet, verified bursts aside, by batch
	receives   series
	stages     [numStages]series
	sampled    int64 // packets
	tally      tally
	heard      [8]int64 // packets that came in, by core.Verdict
	verified   int64
	passedOver int64

	moves, retaken, binds, unbinds, opened int64

	used  int // leases with users
	stats core.Stats

	mismatches int64
	mismatch   string // the first
	top        []hot
}

// result gathers the figures of a run that is over.
func (l *load) result() *result {
	r := &result{
		plan:        l.plan,
		controllers: len(l.controllers),
		sockets:     len(l.socks),
		spaces:      len(l.spaces),
		strays:      len(l.strays),
		answers:     l.answers,
		bufferBytes: l.bufferBytes,
		elapsed:     l.elapsed,
		stats:       l.stats,
		mismatches:  l.failures.count.Load(),
		mismatch:    l.failures.text(),
	}
	for _, w := range l.workers {
		r.addWorker(w)
	}
	for _, c := range l.controllers {
		r.moves += c.moves
		r.retaken += c.retaken
		r.binds += c.binds
		r.unbinds += c.unbinds
		r.opened += c.opened
	}
	for _, s := range l.spaces {
		r.used += s.model.Leased()
		if s.open {
			r.open++
		}
	}
	r.sent, r.verified = l.sent()
	r.rate = float64(l.driven) / r.elapsed.Seconds()
	return r
}

func (r *result) addWorker(w *worker) {
	r.sends.join(&w.sends)
	r.receives.join(&w.receives)
	for i := range w.stages {
		r.stages[i].join(&w.stages[i])
	}
	r.sampled += w.sampled
	r.passedOver += w.passedOver
	r.received += w.received.Load()
	r.tally.add(&w.tally)
	for i, n := range w.heard {
		r.heard[i] += n
	}
}

// bytesFor returns how much memory there is for some kinds, for each of n.
func (r *result) bytesFor(n int, kinds ...string) float64 {
	bytes := int64(0)
	for _, use := range r.stats.Memory {
		if slices.Contains(kinds, use.Kind) {
			bytes += use.Bytes
		}
	}
	return float64(bytes) / float64(max(n, 1))
}

// kindOf returns an error's name in the table.
func kindOf(err error) string {
	if inner := errors.Unwrap(err); inner != nil {
		err = errors.New(strings.TrimSuffix(err.Error(), ": "+inner.Error()))
	}
	return strings.TrimPrefix(err.Error(), "core: ")
}
