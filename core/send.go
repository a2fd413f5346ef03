package core

import (
	"fmt"

	"github.com/flowlabel/flowlabel/shard"
)

// Sending is what the sender of a packet says about its label. The zero Sending
// says nothing: the packet gets the socket's current label, which was checked
// when it became that, or else an automatic one. Of Address and Control only the
// 20 bits of a label count.
type Sending struct {
	// Addressed: the sender gives a destination address, and with it Address, 0
	// for no label. Under Linux that is the address's flow information, and 0 where
	// IPV6_FLOWINFO_SEND is off. Even then the current label is not used.
	Addressed bool
	Address   Label
	// Controlled: the sender gives a control message with the label Control, 0
	// for none. It wins over Address; which of the two is looked for says
	// Rules.AddressVouches. Under Linux that is the last IPV6_FLOWINFO.
	Controlled bool
	Control    Label
	// LookUp: the current label is looked for among the socket's leases as if the
	// sender asked for it, and refused if it is not there. Linux does that for a call
	// with control messages of any kind; without them it looks only where
	// Rules.BareCurrent is off.
	LookUp bool
}

// Decision is the answer for one packet: a small value without pointers.
type Decision struct {
	// Label is the one that the packet is to carry, 0 for none.
	Label Label
	// Verdict says whether the packet may be sent, and whether the lease of Label
	// has headers to go with it; Reader.HeadersOf returns them. Under
	// Rules.AddressVouches it may be the lease of Sending.Address.
	Verdict Verdict
	lease   uint32 // slot of the lease of AllowedWithHeaders; or bareLease; or 0
}

// bareLease stands for the lease of a label that was looked for and found, and that has
// no headers, whichever it is.
const bareLease = ^uint32(0)

// Err returns nil for a packet that may be sent, and else an error that wraps
// ErrRefused, ErrClosed, ErrPacket or ErrNotBound.
func (d Decision) Err() error {
	switch d.Verdict {
	case Allowed, AllowedWithHeaders:
		return nil
	case Refused:
		return fmt.Errorf("%w: %#x", ErrRefused, uint32(d.Label))
	case Stale:
		return ErrClosed
	case Unbound:
		return fmt.Errorf("%w: of a packet", ErrNotBound)
	}
	return fmt.Errorf("%w: %v", ErrPacket, d.Verdict)
}

// sent says whether the packet may be sent.
func (d Decision) sent() bool { return d.Verdict == Allowed || d.Verdict == AllowedWithHeaders }

// Send decides which label a packet of flow t carries that socket s sends. The
// labels asked for are checked as Check does: of two both, or the address's alone
// where Rules.AddressVouches is set. The current label is not, since Connect has;
// but the headers of its lease go with it, unless Rules.BareCurrent is set. A
// packet that is left without a label gets an automatic one if Settings.AutoLabels
// and the socket's choice say so. With Refused, Label is the one that was refused.
// Call it between Enter and Exit.
//
// The flow is looked at only for the automatic label, and need not be bound.
//
// Cost: one cache line of the socket, two for one with many labels; a keyed hash
// for an automatic label. No lock, allocation, shared write, system call or clock
// reading.
func (r *Reader) Send(s Socket, t Tuple, how Sending) Decision {
	if s.slot == nil {
		return Decision{Verdict: Stale}
	}
	how.Address &= MaxLabel
	how.Control &= MaxLabel
	return r.eng.send(s, &t.key, &how)
}

// SendBurst writes what Send decides for each packet into out. All slices are at
// least as long as sockets. It fetches the sockets from memory side by side.
func (r *Reader) SendBurst(sockets []Socket, tuples []Tuple, how []Sending, out []Decision) {
	shard.InStep(len(sockets),
		func(from, to int) { r.burst.ask(r.eng, sockets, from, to) },
		func(from, to int) {
			for i := from; i < to; i++ {
				out[i] = r.Send(sockets[i], tuples[i], how[i])
			}
		})
}

// CheckBurst writes what Check says of each socket and label into out. All slices
// are at least as long as sockets. It fetches the sockets from memory side by
// side.
func (r *Reader) CheckBurst(sockets []Socket, labels []Label, out []Verdict) {
	shard.InStep(len(sockets),
		func(from, to int) { r.burst.ask(r.eng, sockets, from, to) },
		func(from, to int) {
			for i := from; i < to; i++ {
				out[i] = r.Check(sockets[i], labels[i])
			}
		})
}

// send is Send, by the key of the flow.
func (e *Engine) send(s Socket, key *shard.Key, how *Sending) Decision {
	if !s.slot.Open(s.generation) {
		return Decision{Verdict: Stale}
	}
	if !how.Addressed && !how.Controlled || faulty(faultCurrentDespiteAddress) && how.Address == 0 && !how.Controlled {
		return e.sendCurrent(s, key, how.LookUp)
	}
	if how.Addressed && how.Address != 0 {
		d := e.sendWith(s, how.Address)
		switch {
		case !d.sent() || !how.Controlled || faulty(faultAddressWins):
			return d
		case e.rules.AddressVouches && !faulty(faultBothChecked):
			return e.vouched(s, key, d, how.Control)
		}
	}
	if how.Controlled && how.Control != 0 {
		return e.sendWith(s, how.Control)
	}
	return e.sendAuto(s, key, s.slot.Current.Load())
}

// vouched is the decision about a packet with a label that is not looked for,
// with what goes with another that was.
func (e *Engine) vouched(s Socket, key *shard.Key, d Decision, label Label) Decision {
	if d.Label = label; label == 0 {
		d.Label = e.sendAuto(s, key, s.slot.Current.Load()).Label
	}
	return d
}

// sendWith decides about a label that the sender asks for.
func (e *Engine) sendWith(s Socket, label Label) Decision {
	if !s.ns.enforced() || Protocol(s.slot.Protocol) == Ping && !faulty(faultPingChecked) {
		return Decision{Label: label, Verdict: Allowed}
	}
	if s.slot.First(s.generation, uint32(label)) != 0 {
		return Decision{Label: label, Verdict: Allowed, lease: bareLease}
	}
	return e.sendFromList(s, label)
}

// sendFromList is sendWith for all but the commonest case.
func (e *Engine) sendFromList(s Socket, label Label) Decision {
	entry, ok := e.sockets.Find(s.slot, s.generation, uint32(label))
	switch {
	case !ok:
		return Decision{Verdict: Stale}
	case entry.Headers():
		return Decision{Label: label, Verdict: AllowedWithHeaders, lease: entry.Lease()}
	case entry != 0:
		return Decision{Label: label, Verdict: Allowed, lease: bareLease}
	case faulty(faultSendUnchecked):
		return Decision{Label: label, Verdict: Allowed}
	}
	return Decision{Label: label, Verdict: Refused}
}

// sendCurrent decides about a packet whose sender asks for nothing.
func (e *Engine) sendCurrent(s Socket, key *shard.Key, lookUp bool) Decision {
	w := s.slot.Current.Load()
	label := Label(w & shard.CurrentLabel)
	if label == 0 {
		return e.sendAuto(s, key, w)
	}
	lookUp = (lookUp || faulty(faultCurrentChecked)) && !faulty(faultLookUpIgnored)
	if e.rules.BareCurrent && !lookUp {
		return Decision{Label: label, Verdict: Allowed}
	}
	d := e.sendWith(s, label)
	if d.Verdict == Refused && !lookUp {
		d.Verdict = Allowed
	}
	return d
}

// sendAuto decides about a packet that is left without a label.
func (e *Engine) sendAuto(s Socket, key *shard.Key, current uint32) Decision {
	return Decision{Label: e.autoKey.auto(s.ns, current, key), Verdict: Allowed}
}

// HeadersOf returns the headers that go with a decision's label, nil for none.
// Call it in the section in which the decision was made; the result may be kept,
// and must not be changed.
//
// Cost: two loads.
func (r *Reader) HeadersOf(d Decision) *Headers {
	if d.Verdict != AllowedWithHeaders {
		return nil
	}
	return r.eng.headers.Get(d.lease)
}

// Merge returns the extension headers of a packet with a decision's label that
// would have those given without it. Where the lease has headers they take the
// place of the packet's: hop-by-hop options, first destination options and routing
// header; the packet keeps its last destination options. A packet without a lease
// keeps its own, and so does one whose lease has no headers, unless
// Rules.LeaseReplaces is set. Call it in the section in which the decision was
// made. Nothing is copied.
//
// Cost: as HeadersOf.
func (r *Reader) Merge(d Decision, packet Extensions) Extensions {
	if h := r.HeadersOf(d); h != nil {
		return Extensions{Headers: *h, Last: packet.Last}
	}
	if d.lease != 0 && r.eng.rules.LeaseReplaces && !faulty(faultOwnHeadersKept) {
		return Extensions{Last: packet.Last}
	}
	return packet
}
