package core

import (
	"fmt"

	"github.com/flowlabel/flowlabel/shard"
)

// Renew lets a lease last longer once it is not used any more: a lease in use
// does not end, renewed or not. Of the request it takes Label, Linger,
// Expires, Share and By. The label's lease is looked for on the socket's list;
// when it is not there, Share is None and the caller has NetAdmin, among the
// leases of the namespace that have users. Afterwards the
// lease expires no earlier than its linger, the lease's own, from now. No Put is
// owed for it. The errors are
// ErrNotHeld, ErrLinger, ErrExpires, ErrUsers and ErrClosed.
//
// Cost: no lock, no allocation.
func (s Socket) Renew(req Request) error {
	r, _, err := s.enter()
	if err != nil {
		return err
	}
	e := s.ns.eng
	defer e.leave(r)
	by := s.owner(req.By)
	others := req.Share == None && (by.Privileges.has(NetAdmin) || faulty(faultRenewAnybody))
	id, err := s.find(req.Label, others)
	if err != nil {
		return e.count.refuse(err)
	}
	linger, expires, err := e.spans(&req, &by)
	if err != nil {
		return e.count.refuse(err)
	}
	l := e.leases.At(id)
	// The socket's own use may be put at any moment, so this call takes one of
	// its own, and times are raised only while it has it.
	switch l.Take(false) {
	case shard.Taken:
	case shard.Crowded:
		return e.count.refuse(fmt.Errorf("%w: %#x", ErrUsers, l.Label))
	default:
		return e.count.refuse(fmt.Errorf("%w: %#x", ErrNotHeld, uint32(req.Label)))
	}
	l.Raise(linger, 0)
	l.Raise(0, e.now()+max(expires, l.Linger()))
	s.ns.drop(id, l)
	e.count.renewed.Inc()
	return nil
}

// find returns the lease of a label that the socket holds, or, for the sake of
// an administrator, anybody in the namespace.
func (s Socket) find(label Label, others bool) (uint32, error) {
	entry, ok := s.ns.eng.sockets.Find(s.slot, s.generation, uint32(label))
	if !ok {
		return 0, s.gone()
	}
	if entry != 0 {
		return entry.Lease(), nil
	}
	if others && label <= MaxLabel {
		if id := s.ns.index.Lookup(uint32(label)); id != 0 {
			if users, live := s.ns.eng.leases.At(id).Users(); live && users > 0 {
				return id, nil
			}
		}
	}
	return 0, fmt.Errorf("%w: %#x", ErrNotHeld, uint32(label))
}
