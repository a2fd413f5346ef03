package core

import (
	"fmt"
	"net/netip"
	"time"
)

// Request says what a socket wants of a lease.
type Request struct {
	// Label is the label wanted, at most MaxLabel. For Get, 0 lets the engine
	// choose one at random.
	Label Label
	// Dst is the destination that a new lease is for; Get wants it always, also
	// for a join, which drops it. Recorded and listed; a packet's own destination
	// is not compared with it. IPv6, neither unspecified nor IPv4-mapped; a zone
	// is dropped.
	Dst netip.Addr
	// Share is the mode of a new lease, and the mode that a lease to be joined
	// must have; 0 is an error for Get. Renew does not look at it for a lease
	// that the socket holds.
	Share Share
	// Create lets Get make a new lease, or revive one that lingers. Get joins a
	// lease in use with and without it.
	Create bool
	// Fresh lets Get fail with ErrExists rather than join or revive a lease. It
	// goes with Create and a label; Linux calls it EXCL.
	Fresh bool
	// Linger is how long the label stays blocked after the last release, rounded
	// up to Rules.MinLinger. A lease keeps the longest of all requests.
	Linger time.Duration
	// Expires is how long from now the label stays blocked at least, rounded up
	// to Linger. A lease keeps the latest of all requests.
	Expires time.Duration
	// Headers go with the label on every packet; nil for none. A join drops
	// them: the lease keeps its creator's. They are copied.
	Headers *Headers
	// By is on whose behalf the call is made, instead of the socket's owner; nil
	// means the owner. Nothing of the owner is added to it.
	By *Credentials
}

// terms are a request that has been checked, in the engine's own units.
type terms struct {
	label   Label
	share   Share
	create  bool
	fresh   bool
	dst     netip.Addr // as asked for; taken apart where it is needed, see Socket.get
	linger  int64      // nanoseconds
	expires int64      // nanoseconds from now
	headers *Headers
	by      Credentials
}

// CheckLabel says whether a label may be asked for in the namespace at all: nil,
// ErrLabel or ErrStateless.
//
// Cost: a load.
func (n *Namespace) CheckLabel(label Label) error {
	if label > MaxLabel {
		return fmt.Errorf("%w: %#x", ErrLabel, uint32(label))
	}
	if label&StatelessBit != 0 && n.settings().StateRanges && !faulty(faultStateRanges) {
		return fmt.Errorf("%w: %#x", ErrStateless, uint32(label))
	}
	return nil
}

// check makes t the terms of a request for Get, which it looks at in the order in which
// Linux does. After an error they are half done.
func (t *terms) check(n *Namespace, req *Request, by Credentials) (err error) {
	t.label, t.share, t.create, t.fresh, t.by = req.Label, req.Share, req.Create, req.Fresh, by
	if err = n.CheckLabel(req.Label); err != nil {
		return err
	}
	if t.headers, err = req.Headers.checked(&t.by); err != nil {
		return err
	}
	if t.linger, t.expires, err = n.eng.spans(req, &t.by); err != nil {
		return err
	}
	dst := req.Dst
	if !dst.Is6() || dst.Is4In6() || dst.WithZone("").IsUnspecified() {
		return fmt.Errorf("%w: %v", ErrDestination, req.Dst)
	}
	t.dst = dst
	switch req.Share {
	case Exclusive, Process, User, Any:
		return nil
	}
	return fmt.Errorf("%w: %d", ErrShare, req.Share)
}

// spans returns the linger and the expires that a request comes to.
func (e *Engine) spans(req *Request, by *Credentials) (linger, expires int64, err error) {
	l, ok := e.span(req.Linger, by)
	if !ok {
		return 0, 0, fmt.Errorf("%w: %v", ErrLinger, req.Linger)
	}
	x, ok := e.span(req.Expires, by)
	if !ok {
		return 0, 0, fmt.Errorf("%w: %v", ErrExpires, req.Expires)
	}
	return int64(l), int64(max(l, x)), nil
}

func (e *Engine) span(d time.Duration, by *Credentials) (time.Duration, bool) {
	limit := e.longest
	if !by.Privileges.has(Admin) && !faulty(faultLingerLimit) {
		limit = e.rules.MaxLinger
	}
	return max(d, e.rules.MinLinger), d >= 0 && d <= limit
}
