package uapi_test

import (
	"encoding/binary"
	"slices"
	"time"
)

// The model is how leasing works, written as plainly as it can be: a list of
// leases, a list of entries a socket, one thing after another. It shares
// nothing with the engine and is slow on purpose. model_get_test.go has the
// request that takes a label, model_options_test.go the reading of its options.

const (
	ok           = 0
	eperm        = 1
	enoent       = 2
	esrch        = 3
	eexist       = 17
	enodev       = 19
	einval       = 22
	erange       = 34
	enoprotoopt  = 92
	enobufs      = 105
	tableSize    = 4096
	freeBelow    = 32
	socketLimit  = 32
	reserve      = 1024
	holderSpare  = 2048
	minLinger    = 6
	maxLinger    = 150
	statelessBit = 0x80000
	maxLabel     = 0xFFFFF
)

const (
	protoTCP = iota
	protoUDP
	protoRaw
	protoPing
)

const (
	shareNone    = 0
	shareExcl    = 1
	shareProcess = 2
	shareUser    = 3
	shareAny     = 255
)

// mCaller is who makes a call: a task, an effective user, and what it may do.
// admin is CAP_NET_ADMIN over the machine, the others are over the namespace.
type mCaller struct {
	task, user              uint64
	admin, netAdmin, netRaw bool
}

type mNamespace struct {
	consistency, stateRanges bool
	reflect                  int
	asked                    bool // an exclusive lease was ever asked for
	auto                     int  // the mode of automatic labels
}

type mLease struct {
	ns      *mNamespace
	label   uint32
	share   byte
	owner   uint64
	dst     [16]byte
	headers int    // bytes
	hop     string // of them, the hop-by-hop header
	users   int
	linger  time.Duration
	expires time.Duration // a moment
}

type mSocket struct {
	ns       *mNamespace
	proto    int
	entries  []*mLease
	current  uint32
	remote   uint32
	reflects bool
}

type model struct {
	now    time.Duration
	leases []*mLease // every namespace's
	index  map[mKey]*mLease
	chosen uint32 // the label to take when one is to be chosen
}

type mKey struct {
	ns    *mNamespace
	label uint32
}

func newModel() *model { return &model{index: map[mKey]*mLease{}} }

// collect ends the leases whose time has come.
func (m *model) collect() {
	m.leases = slices.DeleteFunc(m.leases, func(l *mLease) bool {
		over := l.users == 0 && m.now >= l.expires
		if over {
			delete(m.index, mKey{l.ns, l.label})
		}
		return over
	})
}

func (m *model) open(ns *mNamespace, proto int) *mSocket {
	return &mSocket{ns: ns, proto: proto, reflects: ns.reflect&1 != 0}
}

func (m *model) close(s *mSocket) {
	for _, l := range s.entries {
		m.release(l)
	}
	s.entries = nil
}

// release takes a user from a lease. The last one lets it linger.
func (m *model) release(l *mLease) {
	if l.users--; l.users == 0 {
		m.extend(l)
	}
}

// extend makes a lease without users linger from now on.
func (m *model) extend(l *mLease) { l.expires = max(l.expires, m.now+l.linger) }

func (s *mSocket) find(label uint32) int {
	return slices.IndexFunc(s.entries, func(l *mLease) bool { return l.label == label })
}

// mRequest is a request taken apart.
type mRequest struct {
	dst             [16]byte
	label           uint32
	action, share   byte
	flags           uint16
	expires, linger time.Duration
	hop             string // of the options, the hop-by-hop header
}

func parseRequest(b []byte) (r mRequest) {
	copy(r.dst[:], b)
	r.label = binary.BigEndian.Uint32(b[16:])
	r.action, r.share = b[20], b[21]
	r.flags = binary.NativeEndian.Uint16(b[22:])
	r.expires = time.Duration(binary.NativeEndian.Uint16(b[24:])) * time.Second
	r.linger = time.Duration(binary.NativeEndian.Uint16(b[26:])) * time.Second
	return r
}

// set is setsockopt. It returns the errno and the name of the branch taken.
func (m *model) set(s *mSocket, by mCaller, optval []byte) (int, string) {
	if len(optval) < 32 {
		return einval, "length EINVAL"
	}
	r := parseRequest(optval)
	switch r.action {
	case 0:
		errno, why := m.get(s, by, &r, optval[32:])
		if errno == ok && r.flags&4 == 0 {
			binary.BigEndian.PutUint32(optval[16:], r.label)
		}
		return errno, why
	case 1:
		return m.put(s, &r)
	case 2:
		return m.renew(s, by, &r)
	}
	return einval, "action EINVAL"
}

func (m *model) put(s *mSocket, r *mRequest) (int, string) {
	if r.flags&4 != 0 {
		switch {
		case s.proto != protoTCP:
			return enoprotoopt, "PUT reflect ENOPROTOOPT"
		case !s.reflects:
			return esrch, "PUT reflect ESRCH"
		}
		s.reflects, s.current = false, 0
		return ok, "PUT reflect ok"
	}
	i := s.find(r.label)
	if i < 0 {
		return esrch, "PUT ESRCH"
	}
	l := s.entries[i]
	s.entries = slices.Delete(s.entries, i, i+1)
	m.release(l)
	switch {
	case s.current == r.label:
		s.current = 0
		return ok, "PUT current ok"
	case l.users > 0:
		return ok, "PUT not the last ok"
	}
	return ok, "PUT the last ok"
}

func (m *model) renew(s *mSocket, by mCaller, r *mRequest) (int, string) {
	who := "RENEW own "
	var l *mLease
	if i := s.find(r.label); i >= 0 {
		l = s.entries[i]
	} else {
		who = "RENEW other's "
		l = m.index[mKey{s.ns, r.label}]
		switch {
		case l == nil:
			return esrch, "RENEW ESRCH missing"
		case l.users == 0:
			return esrch, "RENEW ESRCH lingering"
		case r.share != shareNone:
			return esrch, "RENEW other's ESRCH share not NONE"
		case !by.netAdmin:
			return esrch, "RENEW other's ESRCH no CAP_NET_ADMIN"
		}
	}
	if errno, why := limits(by, r); errno != ok {
		return errno, who + why
	}
	l.linger = max(l.linger, r.linger)
	l.expires = max(l.expires, m.now+max(r.expires, l.linger))
	return ok, who + "ok"
}

// query is getsockopt: the lease or the label that it tells about.
func (m *model) query(s *mSocket, optval []byte) (l *mLease, label uint32, errno int, why string) {
	switch {
	case len(optval) < 32:
		return nil, 0, einval, "getsockopt EINVAL length"
	case optval[20] != 0:
		return nil, 0, einval, "getsockopt EINVAL action"
	case binary.NativeEndian.Uint16(optval[22:])&8 != 0:
		return nil, s.remote, ok, "getsockopt REMOTE ok"
	case s.reflects:
		return nil, s.current, ok, "getsockopt reflecting ok"
	case s.current == 0:
		return nil, 0, enoent, "getsockopt ENOENT no current label"
	}
	if i := s.find(s.current); i >= 0 {
		return s.entries[i], s.current, ok, "getsockopt lease ok"
	}
	return nil, 0, enoent, "getsockopt ENOENT label not held"
}

// connect gives the socket a current label, if sending labels is on.
func (m *model) connect(s *mSocket, label uint32, send bool) (int, string) {
	switch {
	case !send:
		s.current = 0
		return ok, "connect FLOWINFO_SEND off ok"
	case label == 0:
		s.current = 0
		return ok, "connect label=0 ok"
	case s.find(label) >= 0:
		s.current = label
		return ok, "connect own label ok"
	case s.ns.asked && m.guarded():
		return einval, "connect EINVAL label not held"
	}
	s.current = label
	return ok, "connect any label ok"
}

// guarded says whether any lease anywhere is not open to everybody.
func (m *model) guarded() bool {
	return slices.ContainsFunc(m.leases, func(l *mLease) bool { return l.share != shareAny || l.headers > 0 })
}
