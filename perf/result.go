package main

import (
	"errors"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/flowlabel/flowlabel/core"
	"github.com/flowlabel/flowlabel/perf/capture"
)

// result is what a run came to.
type result struct {
	name        string // of the capture
	capture     *capture.Capture
	cores       int
	controllers int
	sockets     int
	spaces      int
	open        int // of the spaces
	elapsed     time.Duration

	sent       int64    // packets
	rate       float64  // packets a second, verified bursts included
	nanos      float64  // a packet, verified bursts aside: the median batch
	mean       float64  // the mean of batches
	verdicts   [4]int64 // by core.Verdict
	verified   int64
	passedOver int64

	moves   int64
	retaken int64
	used    int // leases with users
	stats   core.Stats

	mismatches int64
	mismatch   string // the first
	top        []hot
}

// result gathers the figures of a run that is over.
func (l *load) result() *result {
	r := &result{
		cores:       runtime.GOMAXPROCS(0),
		controllers: len(l.controllers),
		sockets:     len(l.flows),
		spaces:      len(l.spaces),
		elapsed:     l.elapsed,
		stats:       l.stats,
		mismatches:  l.failures.count.Load(),
		mismatch:    l.failures.text(),
	}
	l.countPackets(r)
	for _, c := range l.controllers {
		r.moves += c.moves
		r.retaken += c.retaken
	}
	for _, s := range l.spaces {
		r.used += s.model.Leased()
		if s.open {
			r.open++
		}
	}
	return r
}

func (l *load) countPackets(r *result) {
	var nanos []float64
	for _, w := range l.workers {
		nanos = append(nanos, w.nanos...)
		r.passedOver += w.passedOver
		for i, n := range w.verdicts {
			r.verdicts[i] += n
		}
	}
	r.sent, r.verified = l.sent()
	r.rate = float64(l.driven) / r.elapsed.Seconds()
	if len(nanos) > 0 {
		slices.Sort(nanos)
		r.nanos = nanos[len(nanos)/2]
		for _, n := range nanos {
			r.mean += n / float64(len(nanos))
		}
	}
}

// bytesPerLease returns how much memory there is for leases, for each lease that
// is alive now.
func (r *result) bytesPerLease() float64 {
	bytes := int64(0)
	for _, use := range r.stats.Memory {
		if use.Kind != "sockets" && use.Kind != "namespaces" {
			bytes += use.Bytes
		}
	}
	return float64(bytes) / float64(max(r.stats.Leases, 1))
}

// kindOf returns an error's name in the table.
func kindOf(err error) string {
	if inner := errors.Unwrap(err); inner != nil {
		err = errors.New(strings.TrimSuffix(err.Error(), ": "+inner.Error()))
	}
	return strings.TrimPrefix(err.Error(), "core: ")
}
