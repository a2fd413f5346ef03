package uapi_test

// The model of sending: which label and which headers a packet gets, from the
// state of its socket and what its sender says. It shares nothing with the
// engine.
//
// An automatic label is the sender's to draw, so the model has a symbol for it
// instead of its value: a number beyond all labels that stands for one draw. A
// socket that reflects an automatic label has the symbol for its current label.

const edestaddrreq = 89

const symbol = 1 << 31

// mAuto tells draws of automatic labels apart, as the kernel makes them: by the
// flow, or anew whenever a socket connects.
type mAuto struct {
	who, epoch, to int  // the socket, how often it had connected, where the packet goes
	ranges         bool // the stateless flag is set
}

// mSender is a socket that sends.
type mSender struct {
	*mSocket
	id        int  // no two sockets of a history have the same
	connected bool // and so needs no address
	epoch     int  // how often it has connected
	moves     int  // how often it has lost its port
	choice    int  // about automatic labels: choiceNone, choiceOff, choiceOn
	notes     bool // labels of packets received are noted
	own       own  // extension headers that its packets have
	to        int  // where it is connected to
	used      bool // it has or had a connection of TCP
	finished  bool // it will send no more
	peer      int  // its connection's other end, as a place, or none
}

const (
	choiceNone = iota
	choiceOff
	choiceOn
)

// own are the extension headers that a packet has without a lease: hop-by-hop
// options, destination options, and those for the stops of a routing header.
type own struct{ hop, last, first string }

var noOwn own

// message is a packet to be sent by udp, raw or ping.
type message struct {
	to    int      // the destination; 0 to give no address
	label uint32   // flow information of the address
	send  bool     // whether that counts
	flow  []uint32 // flow information by control messages
	class bool     // another control message
	own   own      // extension headers by control messages
}

// sent is what becomes of a message.
type sent struct {
	errno     int
	label     uint32 // or a symbol
	hop, last string // headers, their next header bytes to be ignored
	kind, why string // for the table
}

// message says what a message of s comes to.
func (m *sendModel) message(s *mSender, msg *message) (r sent) {
	r.kind = protoNames[s.proto] + " " + msg.way()
	if msg.to == 0 && !s.connected {
		return sent{errno: edestaddrreq, kind: r.kind, why: "EDESTADDRREQ"}
	}
	var lookUp uint32
	var lease, dropped bool // it has headers that the packet gets; the packet has lost its own
	switch {
	case msg.to == 0:
		r.label = s.current
		if msg.controls() {
			lookUp = s.current
		}
	case msg.send:
		r.label, lookUp = msg.label&maxLabel, msg.label&maxLabel
	}
	if n := len(msg.flow); n > 0 {
		r.label = msg.flow[n-1] & maxLabel
		if msg.to == 0 || lookUp == 0 { // an address's label is looked up all the same
			lookUp = r.label
		}
	}
	r.hop, r.last = s.own.hop, s.own.last // none on a ping socket
	if msg.own != noOwn {
		r.hop, r.last = msg.own.hop, msg.own.last
	}
	if lookUp != 0 && s.proto != protoPing && s.ns.asked && m.guarded() {
		i := s.find(lookUp)
		if i < 0 {
			return sent{errno: einval, kind: r.kind, why: "EINVAL"}
		}
		dropped = r.hop != ""
		r.hop = s.entries[i].hop
		lease = r.hop != ""
	}
	r.why = "label"
	if r.label == 0 {
		r.label, r.why = m.auto(s, msg.to, r.last != "")
	}
	switch {
	case lease:
		r.why += ", lease's headers"
	case dropped:
		r.why += ", own headers dropped"
	case r.hop != "" || r.last != "":
		r.why += ", own headers"
	}
	return r
}

// whole says what becomes of a message that is a whole packet: its sender's flow
// information counts, and changes nothing.
func (m *sendModel) whole(s *mSender, msg *message, label uint32) sent {
	own := s.own
	s.own.hop, s.own.last = "", ""
	r := m.message(s, msg)
	s.own = own
	r.kind, r.hop, r.last = "raw whole packet", "", ""
	if r.errno == ok {
		r.label, r.why = label, "as it is"
	}
	return r
}

var protoNames = [...]string{protoTCP: "tcp", protoUDP: "udp", protoRaw: "raw", protoPing: "ping"}

func (msg *message) controls() bool {
	return len(msg.flow) > 0 || msg.class || msg.own != noOwn
}

// way names how the sender tells the label.
func (msg *message) way() string {
	switch {
	case len(msg.flow) > 0 && msg.to != 0 && msg.send && msg.label&maxLabel != 0:
		return "by address and control"
	case len(msg.flow) > 0:
		return "by control"
	case msg.to != 0 && msg.send:
		return "by address"
	case msg.to != 0:
		return "by address, SEND off"
	case msg.controls():
		return "current, with controls"
	}
	return "current"
}

// auto is the automatic label of a packet of s, or 0.
func (m *sendModel) auto(s *mSender, to int, alone bool) (uint32, string) {
	if !m.wanted(s.ns, s.choice) {
		return 0, "none"
	}
	if to == 0 {
		to = s.to
	}
	key := mAuto{ranges: s.ns.stateRanges}
	switch {
	case s.proto == protoRaw && alone: // the kernel's is another, whatever it depends on
		key = m.fresh(s.ns)
	case s.proto == protoRaw:
		key.who = -1
	case s.epoch > 0:
		key.who, key.epoch = s.id, s.epoch
	default:
		key.who, key.epoch, key.to = s.id, -s.moves, to
	}
	return m.symbolOf(key), "automatic"
}

// fresh is a key for something that is drawn once.
func (m *sendModel) fresh(ns *mNamespace) mAuto {
	m.drawn++
	return mAuto{who: -2, epoch: m.drawn, ranges: ns.stateRanges}
}

func (m *sendModel) symbolOf(key mAuto) uint32 {
	i, known := m.symbols[key]
	if !known {
		i = symbol | uint32(len(m.autos))
		m.symbols[key] = i
		m.autos = append(m.autos, key)
	}
	return i
}

// wanted says whether a packet without a label gets an automatic one.
func (m *sendModel) wanted(ns *mNamespace, choice int) bool {
	switch ns.auto {
	case 1:
		return choice != choiceOff
	case 2:
		return choice == choiceOn
	}
	return ns.auto == 3
}

// reply is the label of a packet that no socket sends, in answer to another: of
// a reset, or of an echo reply.
func (m *sendModel) reply(ns *mNamespace, bit int, received uint32) (uint32, string) {
	switch {
	case ns.reflect&bit != 0 && received != 0:
		return received, "reflected"
	case !m.wanted(ns, choiceNone):
		return 0, "none"
	}
	return m.symbolOf(m.fresh(ns)), "automatic"
}

// segment is the label of a TCP segment of s that opens or uses a connection.
func (m *sendModel) segment(s *mSender) (label uint32, why string) {
	switch {
	case s.current == 0:
		return m.auto(s, 0, false)
	case s.reflects && s.current == s.remote:
		return s.current, "reflected"
	}
	return s.current, "label"
}

// policyOf says what the namespace's policy comes to.
func (m *sendModel) policyOf(ns *mNamespace) int {
	switch {
	case !ns.asked:
		return policyOpen
	case !m.guarded():
		return policyIdle
	}
	return policyExclusive
}

const (
	policyOpen      = iota // nothing exclusive was ever asked for
	policyIdle             // it was, and there is none anywhere
	policyExclusive        // it was, and there is one somewhere
)
