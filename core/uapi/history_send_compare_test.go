package uapi_test

import (
	"bytes"
	"fmt"
	"testing"
	"time"
)

// wireWorld is a world that really sends.
type wireWorld interface {
	do(a *act) (outcome, []packet)
	// late returns what was sent since, by a timer.
	late() []packet
}

// sendRun is a history being compared.
type sendRun struct {
	model         *sendModel
	engine        *sendEngine
	wire          wireWorld // nil where there is no kernel
	byWire, byEng *autoLabels
	packets       int
	unlucky       string // why the history counts for nothing: a timer was faster
}

// run compares until the worlds part.
func (r *sendRun) run(acts []act) *divergence {
	r.byWire, r.byEng = newAutoLabels(), newAutoLabels()
	for i := range acts {
		a := &acts[i]
		if !r.model.ready(a) {
			continue
		}
		text := r.act(a)
		if r.unlucky != "" {
			return nil
		}
		if text != "" {
			return &divergence{at: i, text: fmt.Sprintf("act %d: %s\n\t%#v", i, text, *a)}
		}
	}
	return nil
}

func (r *sendRun) act(a *act) (text string) {
	var got outcome
	var packets []packet
	if r.wire != nil {
		idle := act{kind: actLease, step: step{op: opListing, sock: a.sock}}
		r.model.awaited = nil
		late := r.wire.late()
		if text := r.awaited(late) + r.sent(&idle, late); text != "" || r.unlucky != "" {
			return text
		}
		got, packets = r.wire.do(a)
	}
	want := r.model.begin(a)
	switch {
	case r.wire == nil:
		packets = imagined(r.model, a)
	default:
		resolved := r.byWire.resolve(want)
		text = differ(&resolved, &got, time.Second)
		if text == "" {
			text = r.awaited(packets)
		}
		if text != "" || r.unlucky != "" {
			return "kernel: " + text
		}
	}
	resolved, eng := r.byEng.resolve(want), r.engine.begin(a)
	if text := differ(&resolved, &eng, time.Second); text != "" {
		return "engine: " + text
	}
	return r.sent(a, packets)
}

// imagined makes the packets that the model awaits.
func imagined(m *sendModel, a *act) (packets []packet) {
	for _, p := range m.awaited {
		p.bytes = m.synthetic(a, &p)
		packets = append(packets, p)
	}
	return packets
}

// awaited compares which packets were sent with which had to be.
func (r *sendRun) awaited(packets []packet) string {
	left := append([]packet(nil), r.model.awaited...)
next:
	for _, p := range packets {
		for i, w := range left {
			if w.from == p.from && w.to == p.to && w.kind == p.kind {
				left = append(left[:i], left[i+1:]...)
				continue next
			}
		}
		switch {
		case p.kind >= packetSYN && p.kind <= packetFIN && p.kind != packetACK:
			r.unlucky = "a segment sent again"
		case p.kind != packetACK && p.kind != packetRST:
			return fmt.Sprintf("a %s from %d to %d that nobody expected", packetNames[p.kind], p.from, p.to)
		}
	}
	if len(left) > 0 {
		return fmt.Sprintf("no %s from %d to %d", packetNames[left[0].kind], left[0].from, left[0].to)
	}
	return ""
}

// sent compares packets, those of an act or of an idle moment.
func (r *sendRun) sent(a *act, packets []packet) string {
	for i := range packets {
		p := &packets[i]
		if text := r.packet(a, p); text != "" {
			return fmt.Sprintf("%s from %d: %s\n\t%x", packetNames[p.kind], p.from, text, p.bytes)
		}
	}
	r.model.end(a)
	if bad := r.engine.end(a); bad != "" {
		return "engine: " + bad
	}
	return ""
}

func (r *sendRun) packet(a *act, p *packet) string {
	if p.from == none && p.kind != packetEcho && p.kind != packetReset {
		r.unlucky = "a packet of a connection that has ended"
		return ""
	}
	r.packets++
	w := r.model.packet(a, p)
	naked := bare(p.bytes)
	want := dressed(naked, w.hop, w.last)
	if r.wire != nil {
		if p.kind == packetACK && a.changes() {
			r.unlucky = "an acknowledgement by a timer, before the change or after it"
			return ""
		}
		text := r.byWire.check(r.model, w.label, labelOf(p.bytes), w.label)
		if text == "" {
			text = alike(want, p.bytes)
		}
		if text != "" {
			return "kernel: " + text
		}
	}
	out, t, bad := r.engine.packet(a, p, naked)
	if bad == "" {
		var flow any = flowOf{t, r.model.in[a.sock]}
		if w.reflected {
			flow = r.byEng.flows[w.label]
		}
		bad = r.byEng.check(r.model, w.label, labelOf(out), flow)
	}
	if bad == "" {
		bad = alike(want, out)
	}
	if bad != "" {
		return "engine: " + bad
	}
	return ""
}

// alike compares packets in all but their labels.
func alike(want, got []byte) string {
	a, b := bytes.Clone(want), bytes.Clone(got)
	setLabel(a, 0)
	setLabel(b, 0)
	if !bytes.Equal(a, b) {
		return fmt.Sprintf("packet %x, want %x", b, a)
	}
	return ""
}

// sendsAgainstEngine runs a history in the model and the engine alone.
func sendsAgainstEngine(acts []act, p *place) *divergence {
	clock := &manual{}
	r := &sendRun{model: newSendModel(p, clock.read, nil), engine: newSendEngine(p, clock.read)}
	defer r.engine.close()
	return r.run(acts)
}

// TestSendHistories compares the engine with the model.
func TestSendHistories(t *testing.T) {
	for seed := range uint64(40) {
		p := sendPlace(int(seed % 2))
		acts := newSendHistory(seed, p).acts(1500)
		if d := sendsAgainstEngine(acts, p); d != nil {
			t.Log(d.text)
			report(t, acts, func(a []act) *divergence { return sendsAgainstEngine(a, p) })
			return
		}
	}
}
