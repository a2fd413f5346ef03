package core

import (
	"sync/atomic"

	"github.com/flowlabel/flowlabel/rcu"
	"github.com/flowlabel/flowlabel/shard"
)

// Verdict says what becomes of a packet's label.
type Verdict uint8

const (
	// Refused: the socket may not send with the label. Linux answers EINVAL.
	Refused Verdict = iota
	// Allowed: the packet may be sent with the label as it is.
	Allowed
	// AllowedWithHeaders: it may, and the lease has headers to go with it.
	AllowedWithHeaders
	// Stale: the socket or its namespace is closed. Where no label is guarded
	// packets of a closed socket may still be Allowed; see Reader.Check.
	Stale
	// Malformed: the packet is not IPv6, ends too early, or has more extension
	// headers than are walked.
	Malformed
	// NoPorts: the packet is a fragment after the first, so its ports, and with
	// them its flow, cannot be told. Label packets before they are fragmented.
	NoPorts
	// Unbound: no socket has the packet's flow.
	Unbound
)

// String returns the verdict's name.
func (v Verdict) String() string {
	switch v {
	case Refused:
		return "refused"
	case Allowed:
		return "allowed"
	case AllowedWithHeaders:
		return "allowed with headers"
	case Stale:
		return "stale"
	case Malformed:
		return "malformed"
	case NoPorts:
		return "no ports"
	case Unbound:
		return "unbound"
	}
	return "unknown"
}

// Reader checks packets. One worker has one; it belongs to one goroutine at a
// time, while different readers do not know of each other.
//
// Between Enter and Exit the reader is inside a read-side section: whatever it
// finds stays in memory until Exit. Sections do not nest. A section should last
// for a burst of packets, not longer: what was released meanwhile waits for it.
// Outside a section a reader delays nobody.
//
// A reader keeps working after Engine.Close, with Stale or Unbound for an answer;
// it, and every namespace and socket, keep the engine's memory in its place.
//
// Misuse is: entering twice, leaving twice, using one reader from two goroutines
// at once, using it after its own Close, and asking it about sockets or
// namespaces of another engine. The last is never found out: what is answered is
// then chance, or the process ends with a fault, and the other engine may reuse what
// is being looked at. All else panics under the race detector and under the build
// tag invariants, with the reader's name where it still has one; in other builds
// what was found may be reused before the section ends, and two bursts at once may
// take each other's packets for their own.
type Reader struct {
	eng *Engine
	rcu *rcu.Reader

	// The engine's, at hand: the fewer loads a lookup has, the more lookups are under
	// way side by side; see findFlow in shard.
	flows   *shard.Flows
	sockets *shard.Sockets

	burst bursts
}

// Reader registers a reader. The name stands in statistics and in the log when
// the reader stalls. A reader that is dropped without Close, even in a section, is
// found by the garbage collector; until then such a section holds up
// reclamation, and nothing else.
//
// Cost: an allocation and a short lock.
func (e *Engine) Reader(name string) *Reader {
	return &Reader{eng: e, rcu: e.domain.Register(name), flows: e.flows, sockets: e.sockets}
}

// Enter begins a read-side section; see Reader for what is misuse.
//
// Cost: about a nanosecond with membarrier(2), an atomic store elsewhere.
func (r *Reader) Enter() { r.rcu.Enter() }

// Exit ends the section that Enter began.
//
// Cost: as Enter.
func (r *Reader) Exit() { r.rcu.Exit() }

// Close unregisters the reader. It may be called several times. A section that is
// still open ends by it: nothing found there may be used any more, and an Exit
// that comes later is misuse.
//
// Cost: a short lock.
func (r *Reader) Close() { r.rcu.Close() }

// Check says whether a packet of socket s may carry label. Call it between
// Enter and Exit, on a reader of the socket's engine.
//
// In an open namespace that guards no label every label is allowed, without a
// look at the socket. Elsewhere label 0 and the labels that the socket holds are, and on
// a Ping socket all, without the headers of a lease.
//
// Cost: a load where nothing is guarded; else about two cache lines, those of
// the socket and of its list. No lock, allocation, shared write, system call or
// clock reading.
func (r *Reader) Check(s Socket, label Label) Verdict {
	if s.ns != nil && atomic.LoadUint32(&s.ns.policy.word) == policyOpen {
		return Allowed
	}
	return verdict(s, label)
}

// verdictPlain is Check's rest, and the twin of verdict where that is assembly.
func verdictPlain(s Socket, label Label) Verdict {
	if label > MaxLabel {
		return Refused // First compares more bits than a label has
	}
	if s.slot == nil {
		return Stale
	}
	if s.slot.First(s.generation, uint32(label)) != 0 {
		return Allowed
	}
	return s.verdictInOrder(label)
}

// verdictInOrder is verdict for what is not seen at once.
func (s Socket) verdictInOrder(label Label) Verdict {
	if !s.ns.enforced() {
		return Allowed
	}
	entry, open := s.ns.eng.sockets.FindInOrder(s.slot, s.generation, uint32(label))
	v := verdictOf(entry, open, label)
	// Both say that the socket was seen to be open, so its protocol may be read.
	if (v == Refused || v == AllowedWithHeaders) && Protocol(s.slot.Protocol) == Ping {
		return Allowed
	}
	return v
}

// check is verdict for the label of a connect, which is checked on a Ping
// socket, too.
func (e *Engine) check(s Socket, label Label) Verdict {
	if s.slot == nil {
		return Stale
	}
	if !s.ns.enforced() {
		return Allowed
	}
	entry, open := e.sockets.Find(s.slot, s.generation, uint32(label))
	return verdictOf(entry, open, label)
}

// verdictOf returns the verdict on what was found for a label that is checked.
func verdictOf(entry shard.Entry, open bool, label Label) Verdict {
	switch {
	case !open:
		return Stale
	case label == 0:
		return Allowed
	case entry == 0:
		return Refused
	case entry.Headers():
		return AllowedWithHeaders
	}
	return Allowed
}

// Headers returns the headers that go with a label that socket s holds, nil for
// none. Call it between Enter and Exit; the result may be kept, and must not be
// changed.
//
// Cost: that of Check, and three loads. No lock, no allocation.
func (r *Reader) Headers(s Socket, label Label) *Headers {
	if s.slot == nil {
		return nil
	}
	entry, ok := r.eng.sockets.Find(s.slot, s.generation, uint32(label))
	if !ok || !entry.Headers() {
		return nil
	}
	return r.eng.headers.Get(entry.Lease())
}
