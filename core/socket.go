package core

import (
	"fmt"
	"runtime"

	"github.com/flowlabel/flowlabel/rcu"
	"github.com/flowlabel/flowlabel/shard"
)

// Socket is a handle for one endpoint that leases labels and sends with them.
// It is a small value to be copied and compared freely; all copies mean the
// same socket. The zero Socket is stale.
//
// Every method may be called from any goroutine.
type Socket struct {
	ns         *Namespace
	slot       *shard.Socket
	id         uint32
	generation uint32
}

// Namespace returns the namespace that the socket was made in; nil for the zero
// Socket.
//
// Cost: none to speak of.
func (s Socket) Namespace() *Namespace { return s.ns }

// errZeroSocket is ErrStale for the zero Socket.
var errZeroSocket = fmt.Errorf("%w: the zero Socket", ErrStale)

// gone returns the error for a socket that is not open. It allocates, so nothing
// that is called for a packet calls it.
func (s Socket) gone() error {
	if s.slot == nil {
		return errZeroSocket
	}
	err := ErrClosed
	if s.slot.Generation() != s.generation {
		err = ErrStale
	}
	return fmt.Errorf("%w: socket %d of namespace %q", err, s.id, s.ns.name)
}

// open returns nil for an open socket. Like every use of a slot outside a
// section it keeps the namespace reachable to the end, and so the slot's memory.
func (s Socket) open() (err error) {
	if s.slot == nil || !s.slot.Open(s.generation) {
		err = s.gone()
	}
	runtime.KeepAlive(s.ns)
	return err
}

// enter begins a control operation of an open socket; see Engine.enter. That the
// socket is open is seen inside the section, so its slot stays its own, and its
// namespace's, until the section ends. Without an error the section is to be
// left with Engine.leave.
func (s Socket) enter() (*rcu.Reader, uint32, error) {
	if s.slot == nil {
		return nil, 0, errZeroSocket
	}
	r, at := s.ns.eng.enter()
	if !s.slot.Open(s.generation) {
		err := s.gone()
		s.ns.eng.leave(r)
		return nil, 0, err
	}
	return r, at, nil
}

// owner returns on whose behalf a call is made, by or the socket's owner.
func (s Socket) owner(by *Credentials) Credentials {
	if by != nil {
		return *by
	}
	return Credentials{
		Process:    s.slot.Process,
		User:       s.slot.User,
		Privileges: Privileges(s.slot.Privileges),
	}
}

// Put gives up one use of a label: of several, one. When it was the last use of
// the lease by anybody, the lease lingers. When the label is the socket's
// current one, the socket has none any more. The errors are ErrNotHeld, also for
// label 0, and ErrClosed.
//
// Cost: the socket's lock, and if the socket has one flow that of a segment of the flow
// table; a wheel's lock if the lease begins to linger.
func (s Socket) Put(label Label) error {
	if s.slot == nil {
		return errZeroSocket
	}
	e := s.ns.eng
	r, _ := e.enter()
	defer e.leave(r)
	entry, ok := e.sockets.Remove(s.slot, s.generation, uint32(label))
	if !ok {
		return s.gone()
	}
	if entry == 0 {
		return e.count.refuse(fmt.Errorf("%w: %#x", ErrNotHeld, uint32(label)))
	}
	if !faulty(faultPutKeepsCurrent) {
		s.forget(label)
	}
	s.ns.release(entry.Lease())
	if faulty(faultPutTakesAll) {
		_ = s.Put(label)
	}
	r.Count(countPut)
	return nil
}

// release drops the user of a lease that an entry owned.
func (n *Namespace) release(id uint32) { n.drop(id, n.eng.leases.At(id)) }

// drop drops a user of a lease.
func (n *Namespace) drop(id uint32, l *shard.Lease) {
	n.eng.leases.Drop(id, l, n.eng.now)
	if n.closed.Load() {
		n.sweep(id, l)
	}
}

// undo drops a user of a lease as if it had not been taken.
func (n *Namespace) undo(id uint32, l *shard.Lease) {
	n.eng.leases.Undo(id, l, n.eng.now)
	if n.closed.Load() {
		n.sweep(id, l)
	}
}

// sweep ends a lease that a closed namespace has left without users; see
// Namespace.closed.
func (n *Namespace) sweep(id uint32, l *shard.Lease) {
	if n.eng.leases.Purge(id, l) {
		n.eng.count.purged.Inc()
	}
}

// forget clears the current label if it is the given one.
func (s Socket) forget(label Label) {
	for {
		w := s.slot.Current.Load()
		if Label(w&shard.CurrentLabel) != label {
			return
		}
		if s.slot.Current.CompareAndSwap(w, w&^shard.CurrentLabel) {
			return
		}
	}
}

// Close gives up all uses of labels and ends the socket. It may be called
// several times and returns nil, ErrStale only for the zero Socket.
//
// Cost: the locks of the socket and the namespace, those of Put for each use, and
// those of Unbind for each flow.
func (s Socket) Close() error {
	if s.slot == nil {
		return errZeroSocket
	}
	r, _ := s.ns.eng.enter()
	defer s.ns.eng.leave(r)
	s.shut()
	return nil
}

// shut closes the socket inside a section. Only the first call does anything.
func (s Socket) shut() {
	e := s.ns.eng
	first := e.sockets.Shut(s.slot, s.generation, func(entry shard.Entry) {
		s.ns.release(entry.Lease())
	})
	if first {
		e.openFlows.giveMany(e.flows.UnbindAll(s.slot))
		s.ns.disown(s.id, s.slot)
		e.sockets.Retire(s.id)
		e.openSockets.give()
	}
}
