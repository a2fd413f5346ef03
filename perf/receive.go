package main

import (
	"time"

	"github.com/flowlabel/flowlabel/core"
	"github.com/flowlabel/flowlabel/perf/pkt"
)

// relabeledOneIn: a peer takes another label after so many packets.
const relabeledOneIn = 16

// answersBatch receives some bursts.
func (w *worker) answersBatch() {
	packets := 0
	start := time.Now()
	for range answersLen {
		b := w.nextAnswers()
		w.take(b)
		w.relabel(b)
		packets += len(b.answers)
	}
	if packets > 0 {
		w.receives.add(float64(time.Since(start)) / float64(packets))
	}
	w.received.Add(int64(packets))
}

// nextAnswers returns the next burst that comes in.
func (w *worker) nextAnswers() *burst {
	l := w.nextList()
	b := l.incoming(&w.burst, l.nextIn, w.burstLen)
	l.nextIn += len(b.answers)
	if l.nextIn >= len(l.answers) {
		l.nextIn = 0
	}
	return b
}

// randomAnswers returns a burst that comes in, from anywhere.
func (w *worker) randomAnswers() *burst {
	l := &w.lists[w.rng.IntN(len(w.lists))]
	return l.incoming(&w.burst, w.rng.IntN(len(l.answers)+1), w.burstLen)
}

// incoming makes b the burst of answers from one on.
func (l *list) incoming(b *burst, from, length int) *burst {
	b.space, b.flows = l.space, nil
	b.answers = l.answers[from:min(from+length, len(l.answers))]
	return b
}

// take puts a burst that comes in to the engine, and remembers what its sockets
// have heard.
func (w *worker) take(b *burst) {
	for i, a := range b.answers {
		b.packets[i], b.ends[i] = a.packet, a.flow.sock.endpoint()
	}
	n := len(b.answers)
	w.reader.Enter()
	w.reader.ReceiveBurst(b.space.ns, b.packets[:n], b.received[:n])
	w.reader.Exit()
	for i, a := range b.answers {
		w.heard[b.received[i]&7]++
		if b.received[i] == core.Allowed {
			a.flow.sock.hear(pkt.Label(a.packet), b.ends[i])
		}
	}
}

// hear notes a label that was received by the socket which s had before. If it
// has another by now, it is not certain by which.
func (s *sock) hear(label uint32, before *endpoint) {
	s.heard, s.heardBy = label, before
	if s.endpoint() != before {
		s.heardBy = nil
	}
}

// relabel makes the packets of a burst ready to come in once more, some of them with
// another label.
func (w *worker) relabel(b *burst) {
	for _, a := range b.answers {
		if w.rng.IntN(relabeledOneIn) == 0 {
			pkt.SetLabel(a.packet, w.rng.Uint32())
		}
	}
}
