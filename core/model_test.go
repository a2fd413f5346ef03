package core_test

import (
	"slices"
	"time"

	"github.com/flowlabel/flowlabel/core"
)

// model is what native mode promises, as a map and a list, without any of the
// engine's machinery.
type model struct {
	now   time.Duration
	quota core.Quota
	most  int // entries of a socket
	// asAsked says that a listing shows what was asked for, and no more.
	asAsked bool
	leases  map[place]*modelLease
}

// place is a label in a namespace.
type place struct {
	ns    int
	label core.Label
}

type modelLease struct {
	share    core.Share
	owner    uint64
	dst      int
	headers  int
	users    int
	linger   time.Duration
	expires  time.Duration // point in time
	lastUsed time.Duration
}

// modelSocket holds labels, one entry a use.
type modelSocket struct {
	ns   int
	held []core.Label
}

// deadline is when a lease without users may end.
func (l *modelLease) deadline() time.Duration { return max(l.expires, l.lastUsed+l.linger) }

// listed is what a listing says of a lease's expires.
func (m *model) listed(l *modelLease) time.Duration {
	if l.users > 0 && !m.asAsked {
		return max(l.expires-m.now, l.linger)
	}
	return l.expires - m.now
}

// modelRequest is a request that is right in every field.
type modelRequest struct {
	label           core.Label
	share           core.Share
	owner           uint64
	dst, headers    int
	create, fresh   bool
	linger, expires time.Duration
}

func (m *model) inNamespace(ns int) (n int) {
	for p := range m.leases {
		if p.ns == ns {
			n++
		}
	}
	return n
}

// refuses returns the error that a Get must give, nil when it must succeed.
func (m *model) refuses(s *modelSocket, r modelRequest) error {
	l := m.leases[place{s.ns, r.label}]
	switch {
	case l != nil && l.users == 0 && !r.create:
		return core.ErrNotFound
	case l != nil && r.fresh:
		return core.ErrExists
	case l != nil && (l.share == core.Exclusive || l.share != r.share || l.owner != r.owner):
		return core.ErrNotShared
	case l == nil && !r.create:
		return core.ErrNotFound
	case l == nil && (len(m.leases) >= m.quota.Total ||
		len(s.held) >= m.quota.Socket || m.inNamespace(s.ns) >= m.quota.Namespace):
		return core.ErrQuota
	case len(s.held) >= m.most:
		return core.ErrSocketFull
	}
	return nil
}

// get does what a Get does that succeeded.
func (m *model) get(s *modelSocket, r modelRequest) {
	l := m.leases[place{s.ns, r.label}]
	if l == nil {
		l = &modelLease{share: r.share, owner: r.owner, dst: r.dst, headers: r.headers}
		m.leases[place{s.ns, r.label}] = l
	}
	l.users++
	s.held = append(s.held, r.label)
	l.raise(m.now, r.linger, r.expires)
}

func (l *modelLease) raise(now, linger, expires time.Duration) {
	linger = max(linger, tick)
	l.linger = max(l.linger, linger)
	l.expires = max(l.expires, now+max(expires, linger))
}

// put does what a Put does, and says whether the socket held the label.
func (m *model) put(s *modelSocket, label core.Label) bool {
	i := slices.Index(s.held, label)
	if i < 0 {
		return false
	}
	s.held = slices.Delete(s.held, i, i+1)
	l := m.leases[place{s.ns, label}]
	l.users--
	l.lastUsed = m.now
	if l.users == 0 {
		l.expires = l.deadline()
	}
	return true
}

// renew does what a Renew does, and says whether there was something to renew.
func (m *model) renew(s *modelSocket, label core.Label, linger, expires time.Duration, admin bool) bool {
	l := m.leases[place{s.ns, label}]
	if l == nil || l.users == 0 || !admin && !slices.Contains(s.held, label) {
		return false
	}
	l.raise(m.now, linger, max(expires, l.linger))
	l.lastUsed = m.now
	return true
}

// purge ends what lingers in a namespace and says how much that was.
func (m *model) purge(ns int) (n int) {
	for p, l := range m.leases {
		if p.ns == ns && l.users == 0 {
			delete(m.leases, p)
			n++
		}
	}
	return n
}

// verdict says what becomes of a packet of an open socket.
func (m *model) verdict(s *modelSocket, label core.Label) core.Verdict {
	guards := false
	for p, l := range m.leases {
		guards = guards || p.ns == s.ns && (l.share != core.Any || l.headers != 0)
	}
	switch {
	case !guards:
		return core.Allowed
	case !slices.Contains(s.held, label):
		return core.Refused
	case m.leases[place{s.ns, label}].headers != 0:
		return core.AllowedWithHeaders
	}
	return core.Allowed
}
