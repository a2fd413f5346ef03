package uapi_test

import "time"

// sendModel is the model of sending as a world. An act begins; the packets that
// are sent are looked at one by one, as many as there are; and it ends.
type sendModel struct {
	*modelWorld
	senders    [sockets]*mSender
	symbols    map[mAuto]uint32
	autos      []mAuto // by symbol
	ids, drawn int
	counts     map[cell]int

	// Of the act at hand.
	policy  int      // that it began under
	sending sent     // what becomes of a message
	awaited []packet // what has to be sent, without bytes
	last    uint32   // label of the packet before this one
	heard   [sockets]struct {
		some  bool
		label uint32 // of the last packet for the socket
	}
}

// wanted is what the model expects of a packet.
type wanted struct {
	label     uint32 // or a symbol
	hop, last string
	reflected bool // the label is another's
}

func newSendModel(p *place, clock func() time.Duration, counts map[cell]int) *sendModel {
	return &sendModel{modelWorld: newModelWorld(p, clock), symbols: map[mAuto]uint32{}, counts: counts}
}

// ready says whether an act makes sense; if not, no world does anything.
func (m *sendModel) ready(a *act) bool {
	s := m.senders[a.sock]
	switch {
	case a.kind == actCalm:
		return true
	case a.kind == actLease:
		return needsSocket(a.op) == (s != nil) || !needsSocket(a.op) && !makesSocket(a.op)
	case s == nil:
		return false
	case a.kind == actChoose:
		return true
	case s.proto == protoTCP:
		return m.readyTCP(s, a)
	case a.kind == actWhole:
		return s.proto == protoRaw
	case a.kind == actMessage, a.kind == actOwn:
		return s.proto != protoPing || a.message.own == noOwn
	}
	return a.kind == actConnect || a.kind == actDisconnect
}

func (m *sendModel) readyTCP(s *mSender, a *act) bool {
	switch a.kind {
	case actNote:
		return true
	case actDial:
		return !s.used && m.senders[a.other] == nil
	case actRefused:
		return !s.used
	case actData:
		return s.peer != none && !s.finished
	case actFinish:
		return s.peer != none && !s.finished && !m.senders[s.peer].finished
	}
	return false
}

// begin does what an act does before anything is sent.
func (m *sendModel) begin(a *act) (o outcome) {
	m.awaited, m.last = m.awaited[:0], 0
	s := m.senders[a.sock]
	if s != nil {
		m.policy = m.policyOf(s.ns)
	}
	switch a.kind {
	case actLease:
		return m.lease(a)
	case actMessage:
		m.sending = m.message(s, &a.message)
	case actWhole:
		m.sending = m.whole(s, &a.message, a.value)
	case actConnect, actDial, actRefused:
		o.errno = m.begins(s, a)
	case actDisconnect:
		s.connected = false
		s.moves++
	case actChoose:
		s.choice = int(a.value)
	case actNote:
		s.notes = a.value != 0
	case actOwn:
		s.own = a.message.own
	case actData:
		m.await(a.sock, s.peer, packetData)
	case actFinish:
		s.finished = true
		m.await(a.sock, s.peer, packetFIN)
		m.await(s.peer, a.sock, packetACK)
	}
	if a.kind == actMessage || a.kind == actWhole {
		o.errno = m.sends(s, a.sock)
	}
	return o
}

// sends says what is sent for a message of the socket in a place.
func (m *sendModel) sends(s *mSender, from int) int {
	r := &m.sending
	m.count(r.kind, r.why)
	if r.errno == ok {
		m.await(from, none, packetMessage)
		if s.proto == protoPing {
			m.await(none, none, packetEcho)
		}
	}
	return r.errno
}

func (m *sendModel) await(from, to int, kind packetKind) {
	m.awaited = append(m.awaited, packet{from: from, to: to, kind: kind})
}

func (m *sendModel) lease(a *act) (o outcome) {
	var chosen uint32
	if a.op == opClose {
		return o // at the end
	}
	o = m.do(&a.step, &chosen)
	if name, isQuery := queryNames[o.why]; isQuery {
		m.count(name, labelName(o))
	}
	if a.op == opOpen {
		m.adopt(a.sock, m.sockets[a.sock])
	}
	return o
}

// adopt makes a socket one that sends.
func (m *sendModel) adopt(at int, sock *mSocket) *mSender {
	m.ids++
	s := &mSender{mSocket: sock, id: m.ids, peer: none}
	m.senders[at], m.sockets[at] = s, sock
	return s
}

// begins makes a connection, or has it refused.
func (m *sendModel) begins(s *mSender, a *act) int {
	errno, why := m.connect(s.mSocket, a.message.label&maxLabel, a.send)
	m.count(protoNames[s.proto]+" connect", connectNames[why])
	if errno != ok {
		return errno
	}
	s.connected, s.to = true, a.to
	s.epoch++
	switch a.kind {
	case actDial:
		m.accepts(s, a)
		m.await(a.sock, a.other, packetSYN)
		m.await(a.other, a.sock, packetSYNACK)
		m.await(a.sock, a.other, packetACK)
	case actRefused:
		m.await(a.sock, none, packetSYN)
		m.await(none, none, packetReset)
	}
	return ok
}

// accepts makes the other end of a connection.
func (m *sendModel) accepts(client *mSender, a *act) {
	sock := m.open(client.ns, protoTCP)
	sock.reflects = sock.reflects || a.value&listenReflects != 0 && !sock.ns.consistency
	m.in[a.other] = m.in[a.sock]
	server := m.adopt(a.other, sock)
	server.epoch, server.used, server.peer = 1, true, a.sock
	server.choice = int(a.value / listenChoice)
	server.notes = a.value&listenNotes != 0
	client.used, client.peer = true, a.other
}

// end does what an act does when its packets have arrived. What a socket hears
// counts only then, but for a FIN: an answer to others that goes out at once
// still has the old label.
func (m *sendModel) end(a *act) {
	for at := range m.heard {
		m.hears(a, at)
	}
	if a.kind != actLease || a.op != opClose {
		return
	}
	s := m.senders[a.sock]
	if s.peer != none {
		m.senders[s.peer].peer = none
	}
	var chosen uint32
	m.do(&a.step, &chosen)
	m.senders[a.sock] = nil
}

// packet says what a packet is expected to be like.
func (m *sendModel) packet(a *act, p *packet) (w wanted) {
	var why string
	switch p.kind {
	case packetMessage:
		w = wanted{label: m.sending.label, hop: m.sending.hop, last: m.sending.last}
	case packetEcho:
		w.label, why = m.reply(m.senders[a.sock].ns, 4, m.last)
	case packetReset:
		w.label, why = m.reply(m.senders[a.sock].ns, 2, m.last)
	case packetSYNACK:
		if s := m.senders[p.from]; s.reflects && m.last != 0 {
			w.label, why = m.last, "reflected"
		} else {
			w.label, why = m.auto(s, 0, false)
		}
	default:
		w.label, why = m.segment(m.senders[p.from])
	}
	if why != "" {
		m.count(packetNames[p.kind], why)
	}
	m.last, w.reflected = w.label, why == "reflected"
	if p.to != none {
		m.heard[p.to].some, m.heard[p.to].label = true, w.label
		if p.kind == packetFIN {
			m.hears(a, p.to)
		}
	}
	return w
}

// hears notes the label of the last packet for the socket in a place.
func (m *sendModel) hears(a *act, at int) {
	h, s := &m.heard[at], m.senders[at]
	if h.some && (s.notes || a.kind == actDial && at == a.other) {
		if s.remote = h.label; s.reflects {
			s.current = h.label
		}
	}
	h.some = false
}
