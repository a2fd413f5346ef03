// The packet path, done slowly: a parser that copies, a map of flows, lists of labels. It imports no package of
// the engine and shares no constant with it: it says what the path must do, not what it does. Labels and share
// modes are plain numbers, verdicts the words that people read.
package core_test

import (
	"net/netip"
	"slices"
)

// plainFlow is a 5-tuple in a namespace.
type plainFlow struct {
	space        int
	protocol     byte
	src, dst     netip.Addr
	sport, dport uint16
}

func (f plainFlow) reversed() plainFlow {
	f.src, f.dst, f.sport, f.dport = f.dst, f.src, f.dport, f.sport
	return f
}

// plainExtensions are the extension headers that are walked, by number.
var plainExtensions = map[byte]string{
	0: "hop-by-hop options", 43: "routing", 44: "fragment", 51: "authentication", 60: "destination options",
	135: "mobility", 139: "host identity", 140: "shim6",
}

func word(b []byte) uint16 { return uint16(b[0])<<8 + uint16(b[1]) }

// plainParse says which flow a packet belongs to, or why that cannot be told.
func plainParse(packet []byte, space int) (f plainFlow, verdict string) {
	protocol, upper, _, verdict := plainWalk(packet)
	if verdict != "allowed" {
		return f, verdict
	}
	f = plainFlow{space: space, protocol: protocol}
	f.src, _ = netip.AddrFromSlice(packet[8:24])
	f.dst, _ = netip.AddrFromSlice(packet[24:40])
	return f.withPorts(upper)
}

// plainWalk passes over extension headers: it returns what is behind them, and
// how many there were.
func plainWalk(packet []byte) (protocol byte, rest []byte, walked int, verdict string) {
	if len(packet) < 40 || packet[0]>>4 != 6 {
		return 0, nil, 0, "malformed"
	}
	rest = packet[40:]
	if n := int(word(packet[4:])); n > len(rest) {
		return 0, nil, 0, "malformed"
	} else if n > 0 {
		rest = rest[:n]
	}
	protocol = packet[6]
	for ; plainExtensions[protocol] != ""; walked++ {
		if walked == 8 || len(rest) < 8 {
			return 0, nil, 0, "malformed"
		}
		length := 8 + 8*int(rest[1])
		switch plainExtensions[protocol] {
		case "fragment":
			if word(rest[2:])&0xfff8 != 0 {
				return protocol, rest, walked, "no ports"
			}
			length = 8
		case "authentication":
			length = 8 + 4*int(rest[1])
		}
		if len(rest) < length {
			return 0, nil, 0, "malformed"
		}
		protocol, rest = rest[0], rest[length:]
	}
	return protocol, rest, walked, "allowed"
}

// withPorts reads the upper-layer header.
func (f plainFlow) withPorts(upper []byte) (plainFlow, string) {
	switch f.protocol {
	case 6, 17, 33, 132, 136:
		if len(upper) < 4 {
			return f, "malformed"
		}
		f.sport, f.dport = word(upper), word(upper[2:])
	case 58:
		if len(upper) < 4 {
			return f, "malformed"
		}
		echo := upper[0] == 128 || upper[0] == 129
		switch {
		case echo && len(upper) < 8:
			return f, "malformed"
		case upper[0] == 128:
			f.sport = word(upper[4:])
		case upper[0] == 129:
			f.dport = word(upper[4:])
		}
	}
	return f, "allowed"
}

// plainLabelOf and plainRewrite read and change the last 20 bits of the first 32.
func plainLabelOf(packet []byte) uint32 {
	return uint32(packet[1]%16)<<16 + uint32(packet[2])<<8 + uint32(packet[3])
}

func plainRewrite(packet []byte, label uint32) {
	packet[1] = packet[1]/16*16 + byte(label>>16)
	packet[2], packet[3] = byte(label>>8), byte(label)
}

// plainWorld is an engine with its namespaces and sockets.
type plainWorld struct {
	policy      string // "exclusive in namespace", "exclusive in engine" or "strict"
	bareCurrent bool
	vouches     bool // the label of an address, for another one beside it
	spaces      []*plainSpace
	flows       map[plainFlow]*plainSocket
}

type plainSpace struct {
	number      int
	leases      map[uint32]*plainLease
	asked       bool // for a lease that guards its label
	autoLabels  int  // the mode
	stateRanges bool
	reflect     int // sum of bits
	autos       map[plainAuto]uint32
}

// plainAuto is what an automatic label may depend on.
type plainAuto struct {
	flow   plainFlow
	ranges bool
}

type plainLease struct {
	share   int
	headers int // bytes; the lease of 8 bytes has hop-by-hop options
	users   int
}

type plainSocket struct {
	space           *plainSpace
	ping            bool
	closed          bool
	held            []uint32
	current, remote uint32
	reflects        bool
	choice          int // 0 none, 1 off, 2 on
}

// plainSending is what a sender says.
type plainSending struct {
	addressed, controlled, lookUp bool
	address, control              uint32
}

// plainDecision is an answer. automatic: its label may be any that fits.
type plainDecision struct {
	label     uint32
	verdict   string
	automatic bool
	headers   int
}

func (l *plainLease) guards() bool { return l.share != 255 || l.headers != 0 }

func (s *plainSpace) guarded() bool {
	for _, l := range s.leases {
		if l.guards() {
			return true
		}
	}
	return false
}

// enforced says whether labels are looked for on their socket's list.
func (w *plainWorld) enforced(s *plainSpace) bool {
	switch w.policy {
	case "strict":
		return true
	case "exclusive in engine":
		return s.asked && slices.ContainsFunc(w.spaces, (*plainSpace).guarded)
	}
	return s.guarded()
}

// check is what becomes of a label that a sender asks for.
func (w *plainWorld) check(s *plainSocket, label uint32) plainDecision {
	switch {
	case s.closed && w.enforced(s.space):
		return plainDecision{verdict: "stale"}
	case !w.enforced(s.space) || s.ping || label == 0:
		return plainDecision{label: label, verdict: "allowed"}
	case !slices.Contains(s.held, label):
		return plainDecision{label: label, verdict: "refused"}
	case s.space.leases[label].headers != 0:
		return plainDecision{label: label, verdict: "allowed with headers", headers: s.space.leases[label].headers}
	}
	return plainDecision{label: label, verdict: "allowed"}
}

// send is what a packet is to carry.
func (w *plainWorld) send(s *plainSocket, how plainSending) plainDecision {
	if s.closed {
		return plainDecision{verdict: "stale"}
	}
	if !how.addressed && !how.controlled {
		if s.current == 0 {
			return s.automatic()
		}
		d := w.check(s, s.current)
		if !how.lookUp && (w.bareCurrent || d.verdict == "refused") {
			return plainDecision{label: s.current, verdict: "allowed"}
		}
		return d
	}
	asked := how.address
	if !how.addressed {
		asked = 0
	}
	d := w.check(s, asked)
	if d.verdict == "refused" {
		return d
	}
	if w.vouches && asked != 0 && how.controlled {
		if d.label = how.control; d.label == 0 {
			d.automatic = s.automatic().automatic
		}
		return d
	}
	if how.controlled {
		asked = how.control
	}
	if asked == 0 {
		return s.automatic()
	}
	return w.check(s, asked)
}

func (s *plainSocket) automatic() plainDecision {
	wanted := s.space.autoLabels == 3 || s.space.autoLabels == 1 && s.choice != 1 || s.space.autoLabels == 2 && s.choice == 2
	return plainDecision{verdict: "allowed", automatic: wanted}
}

// reply is the label of a packet that answers one with label received.
func (s *plainSpace) reply(bit int, received uint32) plainDecision {
	if received != 0 && s.reflect&bit != 0 {
		return plainDecision{label: received, verdict: "allowed"}
	}
	return plainDecision{verdict: "allowed", automatic: s.autoLabels == 1 || s.autoLabels == 3}
}

// explains says whether the engine's label fits the decision about a packet of a
// flow: an automatic one must be there, in its range, and the same as ever.
func (s *plainSpace) explains(d plainDecision, f plainFlow, label uint32) bool {
	if !d.automatic {
		return label == d.label
	}
	if label == 0 || label >= 1<<20 || s.stateRanges && label < 1<<19 {
		return false
	}
	seen, before := s.autos[plainAuto{f, s.stateRanges}]
	s.autos[plainAuto{f, s.stateRanges}] = label
	return !before || seen == label
}

// label does to a packet what the engine has to: it returns the decision and,
// for an automatic label, leaves the packet to be rewritten.
func (w *plainWorld) label(space int, packet []byte) (plainDecision, plainFlow) {
	f, verdict := plainParse(packet, space)
	if verdict != "allowed" {
		return plainDecision{verdict: verdict}, f
	}
	s := w.flows[f]
	if s == nil {
		return plainDecision{verdict: "unbound"}, f
	}
	asked := plainLabelOf(packet)
	d := w.send(s, plainSending{addressed: asked != 0, address: asked})
	if d.verdict == "allowed" && !d.automatic || d.verdict == "allowed with headers" {
		plainRewrite(packet, d.label)
	}
	return d, f
}

// receive notes the label of a packet that came in.
func (w *plainWorld) receive(space int, packet []byte) string {
	f, verdict := plainParse(packet, space)
	if verdict != "allowed" {
		return verdict
	}
	s := w.flows[f.reversed()]
	if s == nil {
		return "unbound"
	}
	s.received(plainLabelOf(packet))
	return "allowed"
}

func (s *plainSocket) received(label uint32) {
	s.remote = label
	if s.reflects {
		s.current = label
	}
}

// put gives up a use of a label.
func (s *plainSocket) put(label uint32) {
	i := slices.Index(s.held, label)
	s.held = slices.Delete(s.held, i, i+1)
	s.space.leases[label].users--
	if s.current == label {
		s.current = 0
	}
}

// end closes a socket; its flows go with it.
func (w *plainWorld) end(s *plainSocket) {
	for len(s.held) > 0 {
		s.put(s.held[0])
	}
	s.closed = true
	for f, of := range w.flows {
		if of == s {
			delete(w.flows, f)
		}
	}
}
