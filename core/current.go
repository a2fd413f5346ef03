package core

import (
	"fmt"
	"runtime"

	"github.com/flowlabel/flowlabel/shard"
)

// Connect makes label the socket's current one, 0 for none, as connect(2) does
// with IPV6_FLOWINFO_SEND on: packets whose sender asks for no label carry it,
// and are not checked again. The label must be one that the socket may send with
// now. The errors are ErrLabel, ErrRefused, which keeps the current label, and
// ErrClosed.
//
// Cost: that of Reader.Check, and a compare-and-swap. No lock, no allocation.
func (s Socket) Connect(label Label) error {
	if label > MaxLabel {
		return fmt.Errorf("%w: %#x", ErrLabel, uint32(label))
	}
	r, _, err := s.enter()
	if err != nil {
		return err
	}
	e := s.ns.eng
	defer e.leave(r)
	if e.check(s, label) == Refused {
		return e.count.refuse(fmt.Errorf("%w: %#x", ErrRefused, uint32(label)))
	}
	s.change(func(w uint32) uint32 { return w&^shard.CurrentLabel | uint32(label) })
	return nil
}

// Reflect marks a TCP socket as one that answers with its peer's labels. With
// DefaultSettings it is not permitted. The errors are
// ErrConsistency, ErrProtocol and ErrClosed.
//
// Cost: no lock, no allocation.
func (s Socket) Reflect() error {
	r, _, err := s.enter()
	if err != nil {
		return err
	}
	e := s.ns.eng
	defer e.leave(r)
	if s.ns.settings().Consistency {
		return e.count.refuse(fmt.Errorf("%w: in namespace %q", ErrConsistency, s.ns.name))
	}
	if Protocol(s.slot.Protocol) != TCP && !faulty(faultReflectAny) {
		return e.count.refuse(fmt.Errorf("%w: %v", ErrProtocol, Protocol(s.slot.Protocol)))
	}
	s.slot.Current.Or(shard.CurrentReflects)
	return nil
}

// StopReflecting ends Reflect; the socket has no current label after it. The
// errors are ErrProtocol, ErrNotHeld when it did not reflect, and ErrClosed.
//
// Cost: no lock, no allocation.
func (s Socket) StopReflecting() error {
	r, _, err := s.enter()
	if err != nil {
		return err
	}
	e := s.ns.eng
	defer e.leave(r)
	if Protocol(s.slot.Protocol) != TCP && !faulty(faultReflectAny) {
		return e.count.refuse(fmt.Errorf("%w: %v", ErrProtocol, Protocol(s.slot.Protocol)))
	}
	for {
		w := s.slot.Current.Load()
		if w&shard.CurrentReflects == 0 {
			return e.count.refuse(fmt.Errorf("%w: not reflecting", ErrNotHeld))
		}
		if s.slot.Current.CompareAndSwap(w, w&^(shard.CurrentReflects|shard.CurrentLabel)) {
			return nil
		}
	}
}

// Current returns the socket's current label, 0 for none, and whether the
// socket reflects. The error is ErrClosed.
//
// Cost: two loads.
func (s Socket) Current() (label Label, reflects bool, err error) {
	if s.slot == nil {
		return 0, false, s.gone()
	}
	w := s.slot.Current.Load()
	if err := s.open(); err != nil { // if it is, what was loaded is its own
		return 0, false, err
	}
	return Label(w & shard.CurrentLabel), w&shard.CurrentReflects != 0, nil
}

// Received notes the label of a packet that came in for the socket. A socket
// that reflects takes it for its current label. It writes only where that differs
// from what is noted; on a closed socket it does nothing.
//
// Linux notes the labels of TCP sockets only: always that of the packet that
// opened the connection, and those of later ones where the program asked to be
// told of them (IPV6_FLOWINFO). Which packets are noted here is for the caller
// to say.
//
// Cost: three loads, and a store if the label is new.
func (s Socket) Received(label Label) {
	if s.slot == nil {
		return
	}
	label &= MaxLabel
	if s.noted(label) || !s.slot.Open(s.generation) {
		runtime.KeepAlive(s.ns) // as in open
		return
	}
	r, _, err := s.enter()
	if err != nil {
		return
	}
	defer s.ns.eng.leave(r)
	s.note(label)
}

// noted says whether a received label would change nothing.
func (s Socket) noted(label Label) bool {
	w := s.slot.Current.Load()
	return s.slot.Remote.Load() == uint32(label) &&
		(w&shard.CurrentReflects == 0 || w&shard.CurrentLabel == uint32(label))
}

// note stores a received label, inside a section that has seen the socket open.
func (s Socket) note(label Label) {
	s.slot.Remote.Store(uint32(label))
	for !faulty(faultReflectedForgotten) {
		w := s.slot.Current.Load()
		if w&shard.CurrentReflects == 0 || s.slot.Current.CompareAndSwap(w, w&^shard.CurrentLabel|uint32(label)) {
			return
		}
	}
}

// Remote returns the label last noted by Received. The error is ErrClosed.
//
// Cost: two loads.
func (s Socket) Remote() (Label, error) {
	if s.slot == nil {
		return 0, s.gone()
	}
	remote := s.slot.Remote.Load()
	if err := s.open(); err != nil { // if it is, what was loaded is its own
		return 0, err
	}
	return Label(remote), nil
}

// Query returns the lease of the socket's current label. The errors are
// ErrNotFound, when the socket has no current label or does not hold it, and
// ErrClosed.
//
// Cost: a look at the socket's list and a reading of the clock. No lock, no
// allocation.
func (s Socket) Query() (Lease, error) {
	label, _, err := s.Current()
	if err != nil {
		return Lease{}, err
	}
	e := s.ns.eng
	r, _ := e.enter()
	defer e.leave(r)
	entry, ok := e.sockets.Find(s.slot, s.generation, uint32(label))
	if !ok {
		return Lease{}, s.gone()
	}
	if label == 0 || entry == 0 {
		return Lease{}, e.count.refuse(fmt.Errorf("%w: current label %#x", ErrNotFound, uint32(label)))
	}
	return e.describe(e.leases.At(entry.Lease()), e.now()), nil
}
