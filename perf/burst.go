package main

import (
	"github.com/flowlabel/flowlabel/core"
	"github.com/flowlabel/flowlabel/perf/pkt"
)

// maxBurst is the most packets of a burst.
const maxBurst = 256

// burst is packets of one namespace under way, and what the engine says of them.
type burst struct {
	space *space

	// Packets that are sent.
	flows     []*flow
	packets   [maxBurst][]byte // as they are sent
	decisions [maxBurst]core.Decision
	inserted  [maxBurst]insertion
	found     [maxBurst]core.Socket // where a burst is verified

	// Packets that come in.
	answers  []*answer
	ends     [maxBurst]*endpoint // of their socks, before
	received [maxBurst]core.Verdict
	remote   [maxBurst]core.Label // where a burst is verified
	current  [maxBurst]core.Label
}

// insertion is what was put into a packet.
type insertion struct {
	bytes int
	next  uint8 // the packet's next header before
}

// label is the path of the packets of a burst to the wire, in one section.
func (b *burst) label(r *core.Reader) {
	for i, f := range b.flows {
		b.packets[i] = f.packet
	}
	n := len(b.flows)
	r.Enter()
	r.LabelBurst(b.space.ns, b.packets[:n], b.decisions[:n])
	for i := range n {
		b.insert(r, i)
	}
	r.Exit()
}

// insert puts the headers of a packet's lease into it, if there are any. A packet
// with hop-by-hop options or a routing header of its own goes without: a program
// that made the packet would merge the two before.
func (b *burst) insert(r *core.Reader, i int) {
	b.inserted[i].bytes = 0
	if b.decisions[i].Verdict != core.AllowedWithHeaders {
		return
	}
	p := b.packets[i]
	next := p[6]
	if next == pkt.HopByHop || next == pkt.Routing {
		return
	}
	longer, err := r.HeadersOf(b.decisions[i]).Insert(p)
	if err != nil {
		return // it stays as it is, and the model says whether that is right
	}
	b.packets[i] = longer
	b.inserted[i] = insertion{len(longer) - len(p), next}
}

// ready makes the packets ready to be sent once more: it takes out what was
// inserted, and writes what they ask for from now on.
func (b *burst) ready() {
	for i, f := range b.flows {
		if in := b.inserted[i]; in.bytes > 0 {
			f.packet = pkt.Strip(b.packets[i], in.bytes, in.next)
		}
		f.asks = f.label.Load()
		pkt.SetLabel(f.packet, f.asks)
	}
}

// tally counts what became of packets.
type tally struct {
	verdicts  [8]int64 // by core.Verdict
	inserted  int64    // packets that headers were put into
	leftOut   int64    // packets whose lease has headers, and that have their own
	explicit  int64    // packets with the label that they asked for
	current   int64    // with their socket's current label
	reflected int64    // with their peer's
	automatic int64
	unlabeled int64
}

// count counts what became of the packets of a burst.
func (t *tally) count(b *burst) {
	for i, f := range b.flows {
		d := &b.decisions[i]
		t.verdicts[d.Verdict&7]++
		switch d.Verdict {
		case core.AllowedWithHeaders:
			if b.inserted[i].bytes > 0 {
				t.inserted++
			} else {
				t.leftOut++
			}
			t.countLabel(f, d.Label)
		case core.Allowed:
			t.countLabel(f, d.Label)
		}
	}
}

// countLabel counts where a label comes from. The engine does not say; it follows
// from what the flow's packets ask for, unless that has changed just now.
func (t *tally) countLabel(f *flow, label core.Label) {
	switch {
	case label == 0:
		t.unlabeled++
	case f.asks&labelMask != 0:
		t.explicit++
	case f.asks&viaCurrent != 0:
		t.current++
	case f.asks&viaPeer != 0 && f.sock.heard != 0:
		t.reflected++
	default:
		t.automatic++
	}
}

// add adds another tally.
func (t *tally) add(o *tally) {
	for i, n := range o.verdicts {
		t.verdicts[i] += n
	}
	t.inserted += o.inserted
	t.leftOut += o.leftOut
	t.explicit += o.explicit
	t.current += o.current
	t.reflected += o.reflected
	t.automatic += o.automatic
	t.unlabeled += o.unlabeled
}
