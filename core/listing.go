package core

import (
	"iter"
	"net/netip"
	"time"

	"github.com/flowlabel/flowlabel/shard"
)

// Lease is what a listing tells about a lease, at one moment.
type Lease struct {
	Label Label
	Share Share
	// Owner is the process or user of the creator, as Share says; else 0.
	Owner uint64
	// Users is the number of uses; a lease without any lingers.
	Users int
	// Linger is how long the label stays blocked after the last release.
	Linger time.Duration
	// Expires is how long from now the label stays blocked at least: of a lease in use
	// no less than Linger, since its last release is still to come, unless
	// Rules.ExpiresAsAsked says otherwise. It is negative when that is past: under that
	// rule, or when Advance has not ended a lingering lease yet.
	Expires time.Duration
	// Dst is the destination that the creator gave.
	Dst netip.Addr
	// HeaderBytes is the length of the headers that go with the label.
	HeaderBytes int
}

func (e *Engine) describe(l *shard.Lease, now int64) Lease {
	users, _ := l.Users()
	linger, expires := time.Duration(l.Linger()), time.Duration(l.Expires()-now)
	if users > 0 && !e.rules.ExpiresAsAsked {
		expires = max(expires, linger)
	}
	return Lease{
		Label:       Label(l.Label),
		Share:       Share(l.Share),
		Owner:       l.Owner,
		Users:       users,
		Linger:      linger,
		Expires:     expires,
		Dst:         netip.AddrFrom16(l.Dst),
		HeaderBytes: int(l.Headers),
	}
}

// Leases goes through the leases of the namespace, lingering ones included, in
// the order of their labels. A lease that lasts from the first step to the last
// is seen once; one that comes or goes meanwhile may be seen or not. The loop's
// body may do anything, and may take as long as it likes.
//
// Cost: two loads a label in use and one for each 256 that are not; a read-side
// section and a reading of the clock for each step; and shared writes for a lease that is
// ending just then.
func (n *Namespace) Leases() iter.Seq[Lease] {
	return func(yield func(Lease) bool) {
		for from := uint32(1); ; {
			lease, ok := n.next(from)
			if !ok || !yield(lease) {
				return
			}
			from = uint32(lease.Label) + 1
		}
	}
}

// next describes the first live lease whose label is from or more.
func (n *Namespace) next(from uint32) (Lease, bool) {
	e := n.eng
	r, _ := e.enter()
	defer e.leave(r)
	for label, id, ok := n.index.Next(from); ok; label, id, ok = n.index.Next(label + 1) {
		l := e.leases.At(id)
		if _, live := l.Users(); live {
			return e.describe(l, e.now()), true
		}
		n.index.Clear(label, id) // as in get.absent
	}
	return Lease{}, false
}
