package plain

import (
	"fmt"

	"github.com/flowlabel/flowlabel/perf/pkt"
)

// Verdict says what becomes of a packet.
type Verdict uint8

// The verdicts.
const (
	Refused Verdict = iota
	Allowed
	AllowedWithHeaders
	Malformed
	NoPorts
	Unbound
)

// String returns the verdict's name.
func (v Verdict) String() string {
	names := [...]string{"refused", "allowed", "allowed with headers", "malformed", "no ports", "unbound"}
	if int(v) < len(names) {
		return names[v]
	}
	return fmt.Sprintf("verdict %d", uint8(v))
}

// Sent says whether packets of the verdict are sent.
func (v Verdict) Sent() bool { return v == Allowed || v == AllowedWithHeaders }

// Outcome is what becomes of a packet.
type Outcome struct {
	Verdict Verdict
	// Socket is the number of the socket that the flow is bound to, if Found.
	Socket uint32
	Found  bool
	// Label is the one that the packet is sent with, or that was refused. An
	// Automatic one is of the engine's choice, from Low on and the same for all
	// packets of a flow.
	Label     uint32
	Automatic bool
	Low       uint32
	Headers   Headers // with AllowedWithHeaders
}

// MaxLabel is the largest label.
const MaxLabel = 1<<20 - 1

// Judge says what becomes of a packet that is about to be sent. The label that it
// carries is what its sender asks for, 0 for nothing.
func (n *Namespace) Judge(packet []byte) Outcome {
	key, form := pkt.Read(packet)
	if form != pkt.Told {
		return Outcome{Verdict: unread(form)}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	id, bound := n.flows[key]
	s := n.socket(id)
	if !bound || !s.open {
		return Outcome{Verdict: Unbound}
	}
	o := n.judge(s, pkt.Label(packet))
	o.Socket, o.Found = id, true
	return o
}

// Receive says whose a packet that came in is.
func (n *Namespace) Receive(packet []byte) Outcome {
	key, form := pkt.Read(packet)
	if form != pkt.Told {
		return Outcome{Verdict: unread(form)}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	id, bound := n.flows[key.Reversed()]
	if !bound || !n.socket(id).open {
		return Outcome{Verdict: Unbound}
	}
	return Outcome{Verdict: Allowed, Socket: id, Found: true, Label: pkt.Label(packet)}
}

func unread(f pkt.Form) Verdict {
	if f == pkt.Later {
		return NoPorts
	}
	return Malformed
}

// judge says what becomes of a packet that a socket sends.
func (n *Namespace) judge(s *socket, asked uint32) Outcome {
	name := asked
	if asked == 0 {
		name = s.current
	}
	if name == 0 {
		return n.automatic(s)
	}
	o := Outcome{Verdict: Allowed, Label: name}
	if !n.settings.Guarded || s.kind == Ping {
		return o
	}
	switch lease := s.lease(name); {
	case lease == nil && asked != 0: // the current one was looked at when it became that
		o.Verdict = Refused
	case lease != nil && lease.Terms.Headers != Headers{}:
		o.Verdict, o.Headers = AllowedWithHeaders, lease.Terms.Headers
	}
	return o
}

// automatic says what becomes of a packet that is left without a label.
func (n *Namespace) automatic(s *socket) Outcome {
	o := Outcome{Verdict: Allowed}
	switch n.settings.Auto {
	case 1:
		o.Automatic = s.choice != Off
	case 2:
		o.Automatic = s.choice == On
	case 3:
		o.Automatic = true
	}
	if o.Automatic {
		o.Low = 1
	}
	if o.Automatic && n.settings.StateRanges {
		o.Low = 1 << 19
	}
	return o
}
