package main

import (
	"bytes"

	"github.com/flowlabel/flowlabel/core"
	"github.com/flowlabel/flowlabel/perf/pkt"
	"github.com/flowlabel/flowlabel/perf/plain"
)

// verifyReceive receives a burst and compares with the model what its sockets
// have noted. Only this worker receives for them, so what the last packet of the
// burst has left is still there.
func (w *worker) verifyReceive(b *burst) {
	w.before.noteAnswers(b)
	w.take(b)
	for i, a := range b.answers {
		b.remote[i], b.current[i] = a.flow.sock.noted()
	}
	if w.tamper != nil {
		w.tamper(b)
	}
	compared := 0
	var want [maxBurst]plain.Outcome
	for i, a := range b.answers {
		want[i] = a.flow.sock.space.model.Receive(w.before.packets[i])
		if want[i].Verdict == plain.Allowed {
			a.flow.sock.space.model.Hear(want[i].Socket, want[i].Label)
		}
	}
	for i, a := range b.answers {
		current, remote := a.flow.sock.space.model.Labels(want[i].Socket)
		if a.flow.sock.still(w.before.versions[i]) {
			compared++
			w.compareAnswer(b, i, want[i].Verdict, core.Label(remote), core.Label(current))
		}
	}
	w.relabel(b)
	w.passedOver += int64(len(b.answers) - compared)
	w.verified.Add(int64(compared))
	w.received.Add(int64(len(b.answers)))
}

func (w *before) noteAnswers(b *burst) {
	w.memory = w.memory[:0]
	for i, a := range b.answers {
		w.versions[i] = a.flow.sock.version.Load()
		at := len(w.memory)
		w.memory = append(w.memory, a.packet...)
		w.packets[i] = w.memory[at:len(w.memory):len(w.memory)]
	}
}

// noted returns what the socket of s says that it has received, and its current
// label; zeros for a closed one.
func (s *sock) noted() (remote, current core.Label) {
	end := s.endpoint()
	remote, _ = end.sock.Remote()
	current, _, _ = end.sock.Current()
	return remote, current
}

// compareAnswer compares what became of one packet that came in.
func (w *worker) compareAnswer(b *burst, i int, want plain.Verdict, remote, current core.Label) {
	a := b.answers[i]
	switch got, known := verdicts[b.received[i]]; {
	case !known || got != want:
		w.failures.report("%v, packet that came in: the engine says %v, the model %v", a.flow, b.received[i], want)
	case !bytes.Equal(a.packet, w.before.packets[i]):
		w.failures.report("%v, packet that came in: changed at byte %d", a.flow, differ(a.packet, w.before.packets[i]))
	case want != plain.Allowed:
	case b.remote[i] != remote:
		w.failures.report("%v, label %#05x received: %#05x noted, %#05x in the model",
			a.flow, pkt.Label(a.packet), b.remote[i], remote)
	case b.current[i] != current:
		w.failures.report("%v, label %#05x received: current label %#05x, %#05x in the model",
			a.flow, pkt.Label(a.packet), b.current[i], current)
	}
}
