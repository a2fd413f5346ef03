package uapi_test

import "math/rand/v2"

// sendHistory makes random acts of senders. Each place has sockets of one kind
// in one namespace, and each label always has the same headers.
type sendHistory struct {
	*history
	meek [2]bool // of each namespace: nothing exclusive is ever asked for
	idle bool    // and elsewhere once, in vain
	shy  bool    // nothing exclusive is asked for yet
}

var placeProtos = [sockets]int{protoUDP, protoUDP, protoUDP, protoRaw, protoRaw, protoRaw, protoRaw,
	protoPing, protoPing, protoTCP, protoTCP, protoTCP, protoTCP, protoTCP, protoTCP, protoTCP}

// sendPlace is where histories of senders play without a kernel: two namespaces
// of the first caller.
func sendPlace(pins int) *place {
	p := testPlace()
	p.foreign, p.pins = []bool{false, false}, pins
	return p
}

// newSendHistory makes one that is idle where the place has no pins: there is
// nothing exclusive anywhere then.
func newSendHistory(seed uint64, p *place) *sendHistory {
	h := &sendHistory{history: &history{Rand: rand.New(rand.NewPCG(seed, 1)), place: p}, idle: p.pins == 0}
	for i := range h.meek {
		h.meek[i] = h.IntN(5) == 0
	}
	return h
}

// acts returns n random acts and those that they start from.
func (h *sendHistory) acts(n int) (acts []act) {
	for i, proto := range placeProtos {
		if proto != protoTCP || i < sockets-3 {
			acts = append(acts, h.opens(i))
		}
	}
	if h.idle {
		acts = append(acts, h.arms()...)
	}
	shy := h.IntN(n) / 3
	for len(acts) < n {
		h.shy = len(acts) < shy
		acts = append(acts, h.act()...)
	}
	return acts
}

// arms asks for something exclusive in vain, in the namespaces that are not
// meek. The kernel guards all labels for a second even so.
func (h *sendHistory) arms() (acts []act) {
	for ns, meek := range h.meek {
		if !meek {
			r := wire{dst: goodDst, label: labelNever, share: shareExcl}
			acts = append(acts, lease(step{op: opSet, sock: ns, optval: r.encode()}))
		}
	}
	return append(acts, act{kind: actCalm})
}

func lease(s step) act { return act{step: s} }

func (h *sendHistory) opens(at int) act {
	return lease(step{op: opOpen, sock: at, ns: at % 2, value: uint32(placeProtos[at])})
}

// act is a random act, and what seldom happens by chance just before it.
func (h *sendHistory) act() []act {
	at := h.IntN(sockets)
	tcp := placeProtos[at] == protoTCP
	switch p := h.IntN(100); {
	case p < 3:
		return []act{lease(step{op: opSettings, ns: at % 2, value: uint32(h.settings())})}
	case p < 6 || p < 16 && tcp:
		return []act{lease(step{op: opQuery, sock: at, optval: (&wire{flags: pick[uint16](h.history, 0, 8)}).encode()})}
	case p < 8:
		return []act{h.opens(at)}
	case p < 10:
		return []act{lease(step{op: opClose, sock: at})}
	case p < 14:
		return []act{{kind: actChoose, step: step{sock: at, value: uint32(pick(h.history, choiceOff, choiceOn))}}}
	case p < 34:
		return []act{h.request(at, uint32(1+h.IntN(labels)))}
	case tcp:
		a := h.connection(at)
		if label := a.message.label; 0 < label && label <= labels && h.IntN(3) > 0 {
			return []act{h.request(at, label), a}
		}
		return []act{a}
	}
	return []act{h.talk(at)}
}

// Labels that leases are asked for: the first have nothing, the next headers;
// the last is exclusive.
const (
	labelHop     = 3 // and the next: hop-by-hop options
	labelFirst   = 5 // options for the stops of a routing header
	labelBoth    = 6
	labelExcl    = 7
	labels       = 7
	labelNever   = 99 // asked for in vain
	labelNobodys = 0x12345
)

// request asks for a label, gives one up, or makes a socket reflect.
func (h *sendHistory) request(at int, label uint32) act {
	r := wire{dst: goodDst, label: label, share: shareAny, flags: 1}
	switch {
	case placeProtos[at] == protoTCP && h.IntN(4) == 0:
		r.flags, r.action = 4, byte(h.IntN(3)/2)
	case h.IntN(5) == 0:
		r.action, r.label = 1, pick(h.history, h.asked[at][:]...)
	case h.meek[at%2], h.idle, h.shy:
	default:
		r.share, r.options = guard(r.label)
	}
	if r.action == 0 && r.flags&4 == 0 {
		h.asked[at][h.IntN(4)] = r.label
	}
	return lease(step{op: opSet, sock: at, optval: r.encode()})
}

// guard is what a label is leased with where labels are guarded.
func guard(label uint32) (share byte, options []byte) {
	share = shareAny
	switch label {
	case labelHop, labelHop + 1:
		options = cmsg(41, 54, []byte(testHeader(label)))
	case labelFirst:
		options = cmsg(41, 55, []byte(testHeader(label)))
	case labelBoth:
		options = append(cmsg(41, 54, []byte(testHeader(label))), cmsg(41, 55, []byte(testHeader(8)))...)
	case labelExcl:
		share = shareExcl
	}
	return share, options
}

// testHeader is a header of options that everybody skips, n tells which.
func testHeader(n uint32) string {
	b := make([]byte, 8*(1+n%2))
	b[1] = byte(len(b)/8 - 1)
	b[2], b[3] = 0x1e, byte(len(b)-4) // for experiments (RFC 4727)
	for i := range b[4:] {
		b[4+i] = byte(n)
	}
	return string(b)
}

// sent is a label to be sent, often one that the socket has asked for.
func (h *sendHistory) sent(at int) uint32 {
	switch h.IntN(8) {
	case 0, 1:
		return 0
	case 2:
		return uint32(1 + h.IntN(labels))
	case 3:
		return pick[uint32](h.history, labelNobodys, statelessBit|1)
	}
	return pick(h.history, h.asked[at][:]...)
}

// flowInfo is one with a label, and with bits around it that do not belong to it.
func (h *sendHistory) flowInfo(at int) uint32 {
	if h.IntN(6) == 0 {
		return h.sent(at) | h.Uint32()&^maxLabel
	}
	return h.sent(at)
}

func (h *sendHistory) own(proto int) (o own) {
	if proto == protoPing { // sends none, whatever it is given
		return o
	}
	if h.IntN(2) == 0 {
		o.hop = testHeader(10 + uint32(h.IntN(2)))
	}
	if h.IntN(2) == 0 {
		o.last = testHeader(12 + uint32(h.IntN(2)))
	}
	if h.IntN(4) == 0 {
		o.first = testHeader(14)
	}
	return o
}

// message is one of any way to tell a label.
func (h *sendHistory) message(at int) (m message) {
	m.to = h.IntN(3)
	m.send = h.IntN(4) > 0
	if m.to != 0 {
		m.label = h.flowInfo(at)
	}
	if h.IntN(5) < 2 {
		const version = 0xF << 28 // where these bits differ nothing is sent
		m.label &^= version
		for range pick(h.history, 1, 1, 1, 2) {
			m.flow = append(m.flow, h.flowInfo(at)&^version)
		}
	}
	m.class = h.IntN(4) == 0
	if h.IntN(6) == 0 {
		m.own = h.own(placeProtos[at])
	}
	return m
}

// talk is an act of a socket that is not of TCP.
func (h *sendHistory) talk(at int) act {
	a, proto := act{step: step{sock: at}}, placeProtos[at]
	switch p := h.IntN(100); {
	case p < 20:
		a.kind, a.message = actConnect, message{to: 1 + h.IntN(2), label: h.sent(at), send: h.IntN(5) > 0}
	case p < 22:
		a.kind = actDisconnect
	case p < 26:
		a.kind, a.message.own = actOwn, h.own(proto)
	case p < 34 && proto == protoRaw:
		a.kind, a.message, a.value = actWhole, h.message(at), h.sent(at)
	case p < 40: // no address
		a.kind, a.message = actMessage, message{send: true, class: true}
	case p < 50: // both labels
		a.kind, a.message = actMessage, message{to: 1, send: true, label: pick(h.history, h.asked[at][:]...),
			flow: []uint32{pick(h.history, 0, 0, h.sent(at))}}
		if h.IntN(2) == 0 {
			a.message.own = h.own(proto)
		}
	default:
		a.kind, a.message = actMessage, h.message(at)
	}
	return a
}

// connection is an act of a socket of TCP.
func (h *sendHistory) connection(at int) act {
	a := act{step: step{sock: at}}
	switch p := h.IntN(100); {
	case p < 30:
		a.kind = actData
	case p < 40:
		return h.opens(at)
	case p < 72:
		a.kind, a.message = actDial, message{label: h.sent(at), send: h.IntN(5) > 0}
		a.other = sockets - 1 - h.IntN(sockets-9)
		a.value = uint32(pick(h.history, 0, 1)*listenReflects + pick(h.history, 0, 0, 1)*listenNotes + h.IntN(3)*listenChoice)
	case p < 80:
		a.kind, a.message = actRefused, message{label: h.sent(at), send: h.IntN(5) > 0}
	case p < 88:
		a.kind = actFinish
	case p < 94:
		a.kind, a.value = actNote, uint32(pick(h.history, 0, 1, 1))
	default:
		return lease(step{op: opClose, sock: at})
	}
	return a
}
