package main

import (
	"bytes"

	"github.com/flowlabel/flowlabel/core"
	"github.com/flowlabel/flowlabel/perf/pkt"
	"github.com/flowlabel/flowlabel/perf/plain"
)

// before is what is noted of a burst before it is sent.
type before struct {
	versions [maxBurst]uint32
	packets  [maxBurst][]byte
	memory   []byte // of the packets
	expected []byte // room for one
}

func (w *before) note(b *burst) {
	w.memory = w.memory[:0]
	for i, f := range b.flows {
		w.versions[i] = f.sock.version.Load()
		at := len(w.memory)
		w.memory = append(w.memory, f.packet...)
		w.packets[i] = w.memory[at:len(w.memory):len(w.memory)]
	}
}

// still says whether nothing about a socket has changed since a version was noted.
func (s *sock) still(version uint32) bool { return version&1 == 0 && s.version.Load() == version }

// verify sends a burst and compares what becomes of it with the model.
//
// The order makes it sound: the socket's version, then the engine, then the model,
// then the version again. A controller makes the version odd before it touches
// engine or model, and even after, so between two equal even versions both stood
// still as far as this socket is concerned. A flow that was in motion is passed
// over; that depends on nothing that the engine said.
func (w *worker) verify(b *burst) {
	w.before.note(b)
	w.find(b)
	b.label(w.reader)
	w.tally.count(b)
	if w.tamper != nil {
		w.tamper(b)
	}
	compared := 0
	for i, f := range b.flows {
		want, known := f.judge(w.before.packets[i])
		if end := f.sock.endpoint(); known && f.sock.still(w.before.versions[i]) {
			compared++
			w.compare(b, i, want, end)
		}
	}
	b.ready()
	w.passedOver += int64(len(b.flows) - compared)
	w.verified.Add(int64(compared))
	w.packets.Add(int64(len(b.flows)))
}

// find looks the flows of a burst up, for the sake of the comparison.
func (w *worker) find(b *burst) {
	var tuples [maxBurst]core.Tuple
	for i, f := range b.flows {
		tuples[i], _ = core.TupleOf(f.packet)
	}
	w.reader.Enter()
	w.reader.FindBurst(b.space.ns, tuples[:len(b.flows)], b.found[:len(b.flows)])
	w.reader.Exit()
}

// judge asks the model what becomes of a packet, after telling it what the
// flow's socket has heard. known is false if nobody can say what a reflecting
// socket answers with: it has become one, or changed, since it was last heard.
func (f *flow) judge(packet []byte) (want plain.Outcome, known bool) {
	s, model := f.sock, f.sock.space.model
	end := s.endpoint()
	known = !s.answered || s.heardBy == end
	switch {
	case s.answered && known:
		model.Hear(end.id, s.heard)
	case !known:
		known = !model.Reflects(end.id) || pkt.Label(packet) != 0
	}
	return model.Judge(packet), known
}

// verdicts are the engine's, as the model calls them.
var verdicts = map[core.Verdict]plain.Verdict{
	core.Refused:            plain.Refused,
	core.Allowed:            plain.Allowed,
	core.AllowedWithHeaders: plain.AllowedWithHeaders,
	core.Malformed:          plain.Malformed,
	core.NoPorts:            plain.NoPorts,
	core.Unbound:            plain.Unbound,
}

// compare compares one packet with what the model expects of it, when its socket
// was end.
func (w *worker) compare(b *burst, i int, want plain.Outcome, end *endpoint) {
	f, d := b.flows[i], b.decisions[i]
	if got, known := verdicts[d.Verdict]; !known || got != want.Verdict {
		w.failures.report("%v, label %#05x asked for: the engine says %v, the model %v",
			f, pkt.Label(w.before.packets[i]), d.Verdict, want.Verdict)
		return
	}
	if !w.compareFound(b, i, want, end) || !w.compareLabel(f, d.Label, want) {
		return
	}
	expected, inserted := want.Rewrite(w.before.expected[:0], w.before.packets[i], uint32(d.Label))
	w.before.expected = expected
	if inserted != (b.inserted[i].bytes > 0) {
		w.failures.report("%v, label %#05x: %d bytes of headers inserted, in the model %v, of %d",
			f, d.Label, b.inserted[i].bytes, inserted, want.Headers.Len())
		return
	}
	if got := b.packets[i]; !bytes.Equal(got, expected) {
		w.failures.report("%v, %v packet of %d bytes, %d expected: wrong at byte %d",
			f, want.Verdict, len(got), len(expected), differ(got, expected))
	}
}

// compareFound compares the socket that was found.
func (w *worker) compareFound(b *burst, i int, want plain.Outcome, end *endpoint) bool {
	var sock core.Socket
	if want.Found {
		if end == nil || want.Socket != end.id {
			w.failures.report("%v: the model has it at socket %d", b.flows[i], want.Socket)
			return false
		}
		sock = end.sock
	}
	if b.found[i] != sock && want.Verdict != plain.Malformed && want.Verdict != plain.NoPorts {
		w.failures.report("%v: found another socket, or none: %v", b.flows[i], want.Found)
		return false
	}
	return true
}

// compareLabel compares the label that the engine decided on. An automatic one
// has to be there, in its range, and the same as ever.
func (w *worker) compareLabel(f *flow, got core.Label, want plain.Outcome) bool {
	switch {
	case !want.Verdict.Sent():
		return true
	case !want.Automatic && uint32(got) == want.Label:
		return true
	case !want.Automatic:
		w.failures.report("%v: label %#05x decided on, %#05x expected", f, got, want.Label)
		return false
	case uint32(got) < want.Low || got > plain.MaxLabel || f.auto != 0 && f.auto != uint32(got):
		w.failures.report("%v: automatic label %#05x, from %#05x on expected, and %#05x before",
			f, got, want.Low, f.auto)
		return false
	}
	f.auto = uint32(got)
	return true
}

// differ returns the first index at which two slices differ.
func differ(a, b []byte) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}
