package core

import (
	"fmt"

	"github.com/flowlabel/flowlabel/shard"
)

// Bind makes t a flow of the socket: from here on packets with that tuple, in the
// socket's namespace, are the socket's. A flow ends by Unbind or with its socket,
// and never by itself. The errors are ErrTuple for a tuple that names no flow,
// ErrBound when it is bound already, to whichever socket, ErrTableFull and
// ErrClosed.
//
// Cost: a slot, and the locks of the socket and of a segment of the flow table,
// which now and then is split for it: some hundred flows move. Should the table
// need a new seed, all flows move, and other binds and unbinds wait for that.
func (s Socket) Bind(t Tuple) error {
	r, at, err := s.enter()
	if err != nil {
		return err
	}
	e := s.ns.eng
	defer e.leave(r)
	if t == (Tuple{}) {
		return e.count.refuse(fmt.Errorf("%w: the zero Tuple", ErrTuple))
	}
	if !e.openFlows.take() {
		return e.count.refuse(fmt.Errorf("%w: flows", ErrTableFull))
	}
	var key shard.Key
	key.Set(&t.key, s.ns.id)
	if err := s.bind(&key, t, at); err != nil {
		e.openFlows.give()
		return e.count.refuse(err)
	}
	return nil
}

func (s Socket) bind(key *shard.Key, t Tuple, at uint32) error {
	switch s.ns.eng.flows.Bind(key, s.id, s.slot, s.generation, at) {
	case shard.Bound:
		return nil
	case shard.FlowHeld:
		return fmt.Errorf("%w: %v", ErrBound, t)
	case shard.FlowsFull:
		return fmt.Errorf("%w: flows", ErrTableFull)
	case shard.FlowMemory:
		return fmt.Errorf("%w: flow buckets", ErrTableFull)
	}
	return s.gone()
}

// Unbind ends the flow t of the socket. The errors are ErrNotBound, also when
// another socket has it, and ErrClosed.
//
// Cost: the locks of the socket and of a segment of the flow table. No
// allocation.
func (s Socket) Unbind(t Tuple) error {
	r, _, err := s.enter()
	if err != nil {
		return err
	}
	e := s.ns.eng
	defer e.leave(r)
	var key shard.Key
	key.Set(&t.key, s.ns.id)
	if !e.flows.Unbind(&key, s.id, s.generation) {
		return e.count.refuse(fmt.Errorf("%w: %v", ErrNotBound, t))
	}
	e.openFlows.give()
	return nil
}

// Find returns the socket that a flow of the namespace is bound to; false, and
// the zero Socket, when there is none. Call it between Enter and Exit. The tuple
// is passed by pointer since a copy would make the lookup wait; it is not kept.
//
// A flow ends before the Close of its socket returns. While a Close is under way
// the flow may still be found: then whatever the socket is asked says that it is
// closed.
//
// Cost: the hash of 40 bytes, and a look at one or two cache lines of the flow table, for
// which memory is asked for four that stand side by side.
// No lock, allocation, shared write, system call or clock reading.
func (r *Reader) Find(n *Namespace, t *Tuple) (Socket, bool) {
	found := r.flows.FindIn(&t.key, n.id)
	if found == 0 || n.ended() {
		return Socket{}, false
	}
	return n.socketOf(r.sockets, found), true
}

// FindBurst writes the socket of each tuple into found, as Find does, the zero
// Socket for none; found is at least as long as tuples. It fetches what the
// flows need from memory side by side.
func (r *Reader) FindBurst(n *Namespace, tuples []Tuple, found []Socket) {
	l := &r.burst.flows
	l.Begin(r.flows, n.id, false)
	shard.InStep(len(tuples),
		func(from, to int) { l.Hash(r.burst.keysOf(tuples[from:to], from), from) },
		func(from, to int) { l.Touch(r.burst.keysOf(tuples[from:to], from), from) },
		func(from, to int) {
			l.Compare(r.burst.keysOf(tuples[from:to], from), from)
			ended := n.ended()
			for i := from; i < to; i++ {
				if found[i] = n.socketOf(r.sockets, l.Sockets[place(i)]); ended {
					found[i] = Socket{}
				}
			}
		})
}

// socketOf returns the socket of ss that a flow is bound to, the zero Socket for 0. The
// socket is not looked at: a flow that is found in the table is not unbound yet, so
// its socket is open, or its Close and perhaps a Bind are under way. In the last
// case the slot may even be another's already; whatever uses it asks by generation.
func (n *Namespace) socketOf(ss *shard.Sockets, h shard.Handle) Socket {
	if h == 0 {
		return Socket{}
	}
	return Socket{ns: n, slot: ss.At(h.Slot()), id: h.Slot(), generation: h.Generation()}
}
