package core

import (
	"fmt"
	"sync/atomic"

	"github.com/flowlabel/flowlabel/shard"
)

// room says whether a caller whose socket holds used entries may add a lease to
// a table of the given sizes.
func (q *Quota) room(leases, inNamespace, used int, privileged bool) bool {
	if leases >= q.Total {
		return false
	}
	if privileged || leases < q.Free {
		return true
	}
	limit := q.Socket
	if faulty(faultQuotaOffByOne) {
		limit++
	}
	left := q.Total - leases
	switch {
	case q.Socket != 0 && used >= limit,
		used > 0 && left < q.HolderReserve,
		left < q.Reserve,
		q.Namespace != 0 && inNamespace >= q.Namespace:
		return false
	}
	return true
}

// used says how many entries a socket holds, 0 where the quota does not ask: then the
// socket's lock is spared.
func (q *Quota) used(s *shard.Socket) int {
	if q.Socket == 0 && q.HolderReserve == 0 {
		return 0
	}
	return s.Used()
}

// takeQuota counts a lease that is about to be created on a socket. It decides and counts in
// one step: the limits hold to the last lease, and whoever is refused leaves no
// count behind, not even for a moment, that others might be refused for.
//
// That step is a CAS on the engine's count. With a limit of the namespace two
// counts are judged, and callers who are held to it come one at a time: between a
// look and the counting both can only fall, or be raised by somebody whom the
// limit does not concern.
//
// The namespace counts second. Should its Close have ended meanwhile the count
// comes from 0 once more, and goes back there within this section, for which the
// namespace's id waits.
func (n *Namespace) takeQuota(s *shard.Socket, by *Credentials) error {
	e := n.eng
	privileged, used := by.Privileges.has(Admin), e.rules.Quota.used(s)
	if e.rules.Quota.Namespace != 0 && !privileged {
		e.quotaMu.Lock()
		defer e.quotaMu.Unlock()
	}
	for {
		leases := e.leaseCount.Load()
		if !e.rules.Quota.room(int(leases), int(n.leases.Load()), used, privileged) {
			return overQuota(int(leases), s)
		}
		if e.leaseCount.CompareAndSwap(leases, leases+1) {
			n.leases.Add(1)
			return nil
		}
	}
}

// quotaLeft says whether takeQuota would succeed now.
func (n *Namespace) quotaLeft(s *shard.Socket, by *Credentials) error {
	q, leases := &n.eng.rules.Quota, int(n.eng.leaseCount.Load())
	if !q.room(leases, int(n.leases.Load()), q.used(s), by.Privileges.has(Admin)) {
		return overQuota(leases, s)
	}
	return nil
}

func overQuota(leases int, s *shard.Socket) error {
	return fmt.Errorf("%w: %d leases, %d on the socket", ErrQuota, leases, s.Used())
}

// returnQuota takes takeQuota back, for some leases.
func (n *Namespace) returnQuota(leases int64) {
	n.eng.leaseCount.Add(-leases)
	n.leasesGone(leases)
}

// tally counts things up to a most, exactly.
type tally struct {
	n    atomic.Int64 // changed by CAS in take, so that it never exceeds most
	most int64
}

func (t *tally) take() bool {
	for {
		n := t.n.Load()
		if n >= t.most {
			return false
		}
		if t.n.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

func (t *tally) give() { t.giveMany(1) }

func (t *tally) giveMany(n int) { t.n.Add(-int64(n)) }
