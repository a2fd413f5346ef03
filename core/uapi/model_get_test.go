package uapi_test

import "time"

// get is the request that takes a label: it reflects, joins, revives or creates.
func (m *model) get(s *mSocket, by mCaller, r *mRequest, options []byte) (int, string) {
	if r.flags&4 != 0 {
		switch {
		case s.ns.consistency:
			return eperm, "GET reflect EPERM consistency"
		case s.proto != protoTCP:
			return enoprotoopt, "GET reflect ENOPROTOOPT"
		}
		s.reflects = true
		return ok, "GET reflect ok"
	}
	if r.label > maxLabel {
		return einval, "GET EINVAL label beyond 20 bits"
	}
	if s.ns.stateRanges && r.label&statelessBit != 0 {
		return erange, "GET ERANGE stateless label"
	}
	hop, headers, errno, why := mOptions(options, by)
	if errno != ok {
		return errno, why
	}
	r.hop = hop
	if errno, why := limits(by, r); errno != ok {
		return errno, "GET " + why
	}
	switch {
	case r.dst == [16]byte{}:
		return einval, "GET EINVAL dst unspecified"
	case [12]byte(r.dst[:12]) == [12]byte{10: 255, 11: 255}:
		return einval, "GET EINVAL dst v4-mapped"
	case r.share != shareExcl && r.share != shareProcess && r.share != shareUser && r.share != shareAny:
		return einval, "GET EINVAL share"
	}
	if r.share != shareAny || headers > 0 {
		s.ns.asked = true
	}
	return m.find(s, by, r, headers)
}

// limits brings linger and expires into their range.
func limits(by mCaller, r *mRequest) (int, string) {
	r.linger = max(r.linger, minLinger*time.Second)
	if r.linger > maxLinger*time.Second && !by.admin {
		return eperm, "EPERM linger"
	}
	r.expires = max(r.expires, minLinger*time.Second)
	if r.expires > maxLinger*time.Second && !by.admin {
		return eperm, "EPERM expires"
	}
	r.expires = max(r.expires, r.linger)
	return ok, ""
}

func (m *model) find(s *mSocket, by mCaller, r *mRequest, headers int) (int, string) {
	l := m.index[mKey{s.ns, r.label}]
	if l != nil && l.users > 0 {
		where := "namespace's"
		if s.find(r.label) >= 0 {
			where = "own"
		}
		return m.join(s, by, r, l, "join "+where)
	}
	if r.flags&1 == 0 {
		switch {
		case r.label == 0:
			return enoent, "GET ENOENT label=0 no CREATE"
		case l != nil:
			return enoent, "GET ENOENT lingering no CREATE"
		}
		return enoent, "GET ENOENT missing no CREATE"
	}
	revival := ""
	if l != nil {
		revival = " revival"
	}
	if why := m.quota(s, by); why != "" {
		return enobufs, "GET ENOBUFS " + why + revival
	}
	if l != nil {
		return m.join(s, by, r, l, "revive")
	}
	return m.create(s, by, r, headers)
}

func (m *model) quota(s *mSocket, by mCaller) string {
	size := len(m.leases)
	room := tableSize - size
	switch {
	case size < freeBelow:
		return ""
	case room <= 0:
		return "table full"
	case by.admin:
		return ""
	case len(s.entries) >= socketLimit:
		return "socket full"
	case len(s.entries) > 0 && room < holderSpare:
		return "holder, room < 2048"
	case room < reserve:
		return "room < 1024"
	}
	return ""
}

var shareNames = map[byte]string{shareExcl: "EXCL", shareProcess: "PROCESS", shareUser: "USER", shareAny: "ANY"}

func (m *model) join(s *mSocket, by mCaller, r *mRequest, l *mLease, how string) (int, string) {
	if errno, why := admit(by, r, l); errno != ok {
		if l.users == 0 {
			m.extend(l) // a refusal is a use
		}
		return errno, "GET " + why + ", " + how
	}
	l.linger = max(l.linger, r.linger)
	l.expires = max(l.expires, m.now+r.expires)
	m.enter(s, l)
	return ok, "GET " + how + " " + shareNames[l.share] + " ok"
}

// admit says whether a request may use a lease that exists.
func admit(by mCaller, r *mRequest, l *mLease) (int, string) {
	switch {
	case r.flags&2 != 0:
		return eexist, "EEXIST flag EXCL"
	case l.share == shareExcl:
		return eperm, "EPERM exclusive"
	case l.share != r.share:
		return eperm, "EPERM share differs"
	case l.share == shareProcess && l.owner != by.task:
		return eperm, "EPERM PROCESS other task"
	case l.share == shareUser && l.owner != by.user:
		return eperm, "EPERM USER other uid"
	}
	return ok, ""
}

func (m *model) enter(s *mSocket, l *mLease) {
	l.users++
	s.entries = append(s.entries, l)
}

func (m *model) create(s *mSocket, by mCaller, r *mRequest, headers int) (int, string) {
	why := "GET create label given " + shareNames[r.share] + " ok"
	if r.label == 0 {
		why = "GET create label=0 ok"
		r.label = m.free(s.ns)
	}
	if headers > 0 {
		why = "GET create with options ok"
	}
	l := &mLease{ns: s.ns, label: r.label, share: r.share, dst: r.dst, headers: headers, hop: r.hop,
		linger: r.linger, expires: m.now + r.expires}
	switch r.share {
	case shareProcess:
		l.owner = by.task
	case shareUser:
		l.owner = by.user
	}
	m.leases = append(m.leases, l)
	m.index[mKey{s.ns, l.label}] = l
	m.enter(s, l)
	return ok, why
}

// free returns the chosen label, or the next that is free.
func (m *model) free(ns *mNamespace) uint32 {
	for m.chosen &= maxLabel; m.chosen == 0 || m.index[mKey{ns, m.chosen}] != nil; m.chosen &= maxLabel {
		m.chosen++
	}
	return m.chosen
}
