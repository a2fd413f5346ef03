package core

import (
	"fmt"

	"github.com/flowlabel/flowlabel/rcu"
	"github.com/flowlabel/flowlabel/shard"
)

// Get leases a label for the socket, and returns it. It joins the label's lease
// where there is one and the share mode allows; with Request.Create it revives a
// lingering lease, or makes a new one. With label 0 it always makes a new one,
// and wants Create. Each successful call is one use, to be given up by one Put.
//
// The request is checked first, field by field in the order ErrLabel,
// ErrStateless, ErrHeadersDenied, ErrHeaders, ErrLinger, ErrExpires,
// ErrDestination, ErrShare. Then an existing lease may say ErrExists or
// ErrNotShared; where there is none ErrNotFound; then come the limits:
// ErrQuota, ErrNoLabels, ErrTableFull, ErrSocketFull, ErrUsers. ErrClosed may
// come at any point.
//
// Cost of a join: no lock but the socket's, and if the socket has one flow that of a
// segment of the flow table; no allocation. Of a creation: a slab's lock too, and an
// allocation if the request has headers.
func (s Socket) Get(req Request) (Label, error) {
	r, at, err := s.enter()
	if err != nil {
		return 0, err
	}
	defer s.ns.eng.leave(r)
	return s.get(r, at, &req)
}

// get is Get inside its section r, by a caller of a given shard.
func (s Socket) get(r *rcu.Reader, at uint32, req *Request) (Label, error) {
	e := s.ns.eng
	var g get
	// Field by field: a literal is made elsewhere and copied in larger pieces than it was
	// made of, and the loads of those wait for the stores. With that, and the destination
	// copied in the same way, a Get and a Put took 195 ns, and take 176 (BenchmarkGetPut of
	// bench/).
	g.s, g.ns, g.eng, g.r, g.at = s, s.ns, e, r, at
	if req.Label == 0 && req.Create {
		g.drawAhead()
	}
	if err := g.t.check(s.ns, req, s.owner(req.By)); err != nil {
		return 0, e.count.refuse(err)
	}
	if guards(g.t.share, g.t.headers.Len()) {
		s.ns.asked()
	}
	label, err := g.run()
	if err != nil {
		return 0, e.count.refuse(err)
	}
	return label, nil
}

// get is one Get under way.
type get struct {
	s   Socket
	ns  *Namespace
	eng *Engine
	r   *rcu.Reader // the section
	at  uint32      // shard
	t   terms

	expires int64 // of the lease to be created, see until

	// bits are random ones, of which so many are drawn.
	bits  [drawnAtOnce]uint32
	drawn int
}

// run tries until nobody else is in the way: each further turn means that some
// other call has come to its end.
func (g *get) run() (Label, error) {
	if g.t.label == 0 {
		if !g.t.create {
			return 0, fmt.Errorf("%w: label 0 without Create", ErrNotFound)
		}
		_, label, err := g.create(0)
		return label, err
	}
	for {
		id := g.ns.index.Lookup(uint32(g.t.label))
		if id != 0 {
			l := g.eng.leases.At(id)
			if users, live := l.Users(); live {
				done, err := g.join(id, l, users)
				if done || err != nil {
					return g.t.label, err
				}
				continue
			}
		}
		done, label, err := g.absent(id)
		if done || err != nil {
			return label, err
		}
	}
}

// absent goes on where a label has no live lease; id is the dead one that its cell names
// still, or 0. Whoever learns by an error that the label is free must not learn from
// ShareOf, which looks at the cell, what it was.
func (g *get) absent(id uint32) (done bool, label Label, err error) {
	if g.t.create {
		done, label, err = g.create(id)
	} else {
		err = fmt.Errorf("%w: %#x", ErrNotFound, uint32(g.t.label))
	}
	if err != nil && id != 0 {
		g.ns.index.Clear(uint32(g.t.label), id)
	}
	return done, label, err
}

// join takes part in a live lease. It returns false when the lease has changed
// and has to be looked at again.
func (g *get) join(id uint32, l *shard.Lease, users int) (done bool, err error) {
	revive := false
	if users == 0 && !faulty(faultLingeringVisible) {
		if !g.t.create || faulty(faultNoRevival) {
			return false, fmt.Errorf("%w: %#x lingers", ErrNotFound, uint32(g.t.label))
		}
		if g.eng.rules.QuotaBeforeRevival {
			if err := g.ns.quotaLeft(g.s.slot, &g.t.by); err != nil {
				return false, err
			}
		}
		revive = true
	}
	if err := g.admit(l); err != nil {
		if g.eng.rules.RefusalCounts {
			l.Touch(g.eng.now())
		}
		return false, err
	}
	linger, expires := g.t.linger, g.until(max(g.t.linger, l.Linger()))
	switch l.Take(revive || faulty(faultLingeringVisible)) {
	case shard.Taken:
	case shard.Crowded:
		return false, fmt.Errorf("%w: %#x", ErrUsers, l.Label)
	default:
		return false, nil
	}
	if revive && faulty(faultDestinationReplaced) {
		l.Dst = g.t.dst.As16()
	}
	if faulty(faultLingerKept) {
		linger = 0
	}
	if faulty(faultExpiresKept) {
		expires = 0
	}
	if err := g.publish(id, l, linger, expires); err != nil {
		g.ns.undo(id, l)
		return false, err
	}
	if revive {
		g.r.Count(countRevived)
	} else {
		g.r.Count(countJoined)
	}
	return true, nil
}

// admit applies the sharing rules to a request that meets a live lease.
func (g *get) admit(l *shard.Lease) error {
	exists := g.t.fresh
	if faulty(faultExistsLast) && !g.shared(l) {
		exists = false
	}
	if exists {
		return fmt.Errorf("%w: %#x", ErrExists, l.Label)
	}
	if !g.shared(l) {
		return fmt.Errorf("%w: %#x, mode %v", ErrNotShared, l.Label, Share(l.Share))
	}
	return nil
}

func (g *get) shared(l *shard.Lease) bool {
	share := Share(l.Share)
	if share == Exclusive || share != g.t.share {
		return false
	}
	same := l.Owner == g.t.by.owner(share)
	if faulty(faultShareInverted) && share != Any {
		return !same
	}
	return same
}

// until returns the expires of a lease of a given linger that the request asks for, a point
// in time. It is 0, which raises nothing, if that may stay as it is: the user that the
// request takes is dropped later than now, and the linger from there is long enough. So
// most requests read no clock and write no expires: a Get and a Put took 96 ns when all did,
// and take 73 (BenchmarkGetPut of bench/).
func (g *get) until(linger int64) int64 {
	if g.t.expires <= linger && !g.eng.rules.ExpiresAsAsked {
		return 0
	}
	return g.eng.now() + g.t.expires
}

// publish puts the lease on the socket's list.
func (g *get) publish(id uint32, l *shard.Lease, linger, expires int64) error {
	entry := shard.NewEntry(id, l.Label, l.Headers != 0)
	switch g.eng.sockets.Publish(g.s.slot, g.s.generation, g.at, entry, l, linger, expires) {
	case shard.Published:
		return nil
	case shard.ListFull:
		return fmt.Errorf("%w: %d entries", ErrSocketFull, g.s.slot.Used())
	case shard.NoMemory:
		return fmt.Errorf("%w: socket lists", ErrTableFull)
	}
	return g.s.gone()
}
