package uapi_test

import (
	"bytes"
	"fmt"
	"time"

	"github.com/flowlabel/flowlabel/core"
	"github.com/flowlabel/flowlabel/core/uapi"
)

// sendEngine is the engine as a world of senders: a packet processor that keeps
// for itself what the engine need not know, and is given each packet as it was
// sent by another, without its label and headers.
type sendEngine struct {
	*engineWorld
	reader  *core.Reader
	senders [sockets]eSender
	// Of the act at hand:
	how      core.Sending
	own      own
	whole    bool
	answered core.Label      // the label of the packet before this one
	heard    [sockets][]byte // the last packet for the socket in a place
}

type eSender struct {
	connected, notes bool
	own              own
}

func newSendEngine(p *place, clock func() time.Duration) *sendEngine {
	w := &sendEngine{engineWorld: newEngineWorld(p, clock)}
	w.reader = w.eng.Reader("sends")
	return w
}

func (w *sendEngine) close() {
	w.reader.Close()
	w.engineWorld.close()
}

// begin does what an act does before anything is sent.
func (w *sendEngine) begin(a *act) (o outcome) {
	w.whole = a.kind == actWhole
	sock, s := w.sockets[a.sock], &w.senders[a.sock]
	var err error
	switch a.kind {
	case actLease:
		if a.op != opClose {
			var chosen uint32
			return w.do(&a.step, &chosen)
		}
	case actMessage, actWhole:
		return outcome{errno: w.asks(sock, s, a)}
	case actConnect, actDial, actRefused:
		label := core.Label(a.message.label & maxLabel)
		if !a.send {
			label = 0
		}
		if err = sock.Connect(label); err == nil {
			s.connected = true
			if a.kind == actDial {
				w.accepts(a)
			}
		}
	case actDisconnect:
		s.connected = false
	case actChoose:
		err = sock.ChooseAutoLabels(choices[a.value])
	case actNote:
		s.notes = a.value != 0
	case actOwn:
		s.own = a.message.own
	}
	return outcome{errno: uapi.Errno(err)}
}

var choices = [...]core.AutoChoice{choiceNone: core.AutoDefault, choiceOff: core.AutoOff, choiceOn: core.AutoOn}

// asks makes a Sending of a message and asks whether it may be sent, before
// there is a packet.
func (w *sendEngine) asks(sock core.Socket, s *eSender, a *act) int {
	m := &a.message
	if m.to == 0 && !s.connected {
		return edestaddrreq
	}
	w.how = core.Sending{Addressed: m.to != 0, Controlled: len(m.flow) > 0, LookUp: m.controls()}
	if m.send {
		w.how.Address = core.Label(m.label & maxLabel)
	}
	if n := len(m.flow); n > 0 {
		w.how.Control = core.Label(m.flow[n-1] & maxLabel)
	}
	w.own = s.own
	if m.own != noOwn {
		w.own = m.own
	}
	w.reader.Enter()
	defer w.reader.Exit()
	return uapi.Errno(w.reader.Send(sock, core.Tuple{}, w.how).Err())
}

// accepts makes the other end of a connection.
func (w *sendEngine) accepts(a *act) {
	sock := must(w.sockets[a.sock].Namespace().Socket(core.SocketOptions{Protocol: core.TCP}))
	if a.value&listenReflects != 0 {
		_ = sock.Reflect() // or it does not
	}
	if err := sock.ChooseAutoLabels(choices[a.value/listenChoice]); err != nil {
		panic(err)
	}
	w.sockets[a.other], w.in[a.other] = sock, w.in[a.sock]
	w.senders[a.other] = eSender{connected: true, notes: a.value&listenNotes != 0}
}

// packet labels a packet that is bare of label and headers, and returns it as it
// would be sent, with its tuple. bad is what the engine contradicts itself in.
func (w *sendEngine) packet(a *act, p *packet, bare []byte) (out []byte, t core.Tuple, bad string) {
	t, v := core.TupleOf(bare)
	if v != core.Allowed {
		return nil, t, fmt.Sprintf("a packet without a tuple: %v, %x", v, bare)
	}
	switch {
	case w.whole && p.kind == packetMessage:
		out = bytes.Clone(bare)
		setLabel(out, a.value)
	case p.from == none:
		out = w.reply(a, p, bare, t)
	default:
		out, bad = w.sends(w.sockets[p.from], p, bare, t)
	}
	if bad != "" {
		return nil, t, bad
	}
	if w.answered = core.Label(labelOf(out)); p.to != none {
		w.heard[p.to] = out
		if p.kind == packetSYN || p.kind == packetFIN && w.senders[p.to].notes {
			bad = w.receive(p.to) // before it is answered
		}
	}
	return out, t, bad
}

func (w *sendEngine) reply(a *act, p *packet, bare []byte, t core.Tuple) []byte {
	kind := core.EchoReply
	if p.kind == packetReset {
		kind = core.ResetReply
	}
	out := bytes.Clone(bare)
	w.reader.Enter()
	defer w.reader.Exit()
	setLabel(out, uint32(w.reader.Reply(w.sockets[a.sock].Namespace(), kind, t, w.answered)))
	return out
}

// sends sends a packet of a socket, by the socket and, where its sender says no
// more than a packet does, by the packet alone.
func (w *sendEngine) sends(sock core.Socket, p *packet, bare []byte, t core.Tuple) ([]byte, string) {
	how, own := w.how, w.own
	if p.kind != packetMessage { // TCP's
		how, own = core.Sending{}, noOwn
	}
	ns := sock.Namespace()
	w.reader.Enter()
	defer w.reader.Exit()
	d := w.reader.Send(sock, t, how)
	if d.Err() != nil {
		return nil, fmt.Sprintf("a packet was sent: %v", d.Err())
	}
	if !how.Controlled && !how.LookUp && how.Addressed == (how.Address != 0) {
		if bad := w.labels(ns, sock, p, bare, t, how, d); bad != "" {
			return nil, bad
		}
	}
	merged := w.reader.Merge(d, core.Extensions{
		Headers: core.Headers{HopByHop: []byte(own.hop), Destination: []byte(own.first)}, Last: []byte(own.last)})
	out := bytes.Clone(bare)
	setLabel(out, uint32(d.Label))
	out = extend(out, &merged)
	if h := w.reader.HeadersOf(d); h != nil && own == noOwn {
		in := append(make([]byte, 0, len(bare)+h.WireLen()), bare...)
		setLabel(in, uint32(d.Label))
		if in, err := h.Insert(in); err != nil || !bytes.Equal(in, out) {
			return nil, fmt.Sprintf("inserted: %x, %v, and appended: %x", in, err, out)
		}
	}
	return out, ""
}

// labels takes a packet on the whole path: it is to come to the same decision.
func (w *sendEngine) labels(ns *core.Namespace, sock core.Socket, p *packet, bare []byte, t core.Tuple,
	how core.Sending, d core.Decision) string {
	if found, _ := w.reader.Find(ns, &t); found != sock { // raw sockets have all the same flow
		if err := sock.Bind(t); err != nil {
			return fmt.Sprintf("bind %v: %v", t, err)
		}
		if p.kind == packetMessage {
			defer func() { _ = sock.Unbind(t) }()
		}
	}
	in := bytes.Clone(bare)
	setLabel(in, uint32(how.Address))
	want := bytes.Clone(bare)
	setLabel(want, uint32(d.Label))
	if got := w.reader.Label(ns, in); got != d || !bytes.Equal(in, want) {
		return fmt.Sprintf("by the packet %+v, %x; by the socket %+v, %x", got, in, d, want)
	}
	return ""
}

// receive notes what the socket in a place has heard.
func (w *sendEngine) receive(at int) string {
	w.reader.Enter()
	defer w.reader.Exit()
	t, _ := core.TupleOf(w.heard[at])
	sock := w.sockets[at]
	back := t.Reversed()
	if _, bound := w.reader.Find(sock.Namespace(), &back); !bound {
		if err := sock.Bind(t.Reversed()); err != nil {
			return fmt.Sprintf("bind %v: %v", t.Reversed(), err)
		}
	}
	if v := w.reader.Receive(sock.Namespace(), w.heard[at]); v != core.Allowed {
		return fmt.Sprintf("received %x: %v", w.heard[at], v)
	}
	return ""
}

// end does what an act does when its packets have arrived.
func (w *sendEngine) end(a *act) (bad string) {
	for at, packet := range w.heard {
		if packet != nil && (w.senders[at].notes || a.kind == actDial && at == a.other) {
			bad += w.receive(at)
		}
	}
	clear(w.heard[:])
	w.how, w.own, w.whole = core.Sending{}, noOwn, false
	if a.kind == actLease && a.op == opClose {
		var chosen uint32
		w.do(&a.step, &chosen)
		w.senders[a.sock] = eSender{}
	}
	return bad
}
