package uapi_test

import "encoding/binary"

// world is one of the three things compared. A world is made with its
// namespaces, which have the settings of a fresh kernel namespace.
type world interface {
	// do takes a step. chosen is the label for a request that leaves the choice
	// open; the first world asked makes the choice.
	do(s *step, chosen *uint32) outcome
	close()
}

// caller is one of those who make calls: the same in each world.
type caller struct {
	task    uint64
	user    uint64
	caps    uint64 // over the initial user namespace: of 1<<capNetAdmin, 1<<capNetRaw
	foreign bool   // lives in the other user namespace
	all     bool   // and has all capabilities there, else none
}

const (
	capNetAdmin = 12
	capNetRaw   = 13
	allCaps     = 1<<capNetAdmin | 1<<capNetRaw
)

// over says what a caller may do in a namespace. Those of the other user
// namespace belong to it, and to user 0, who made it: whoever is that user
// outside has all capabilities inside.
func (c *caller) over(foreignNS bool) mCaller {
	m := mCaller{task: c.task, user: c.user}
	m.admin = !c.foreign && c.caps&(1<<capNetAdmin) != 0
	switch {
	case c.foreign:
		m.netAdmin, m.netRaw = c.all && foreignNS, c.all && foreignNS
	case foreignNS && c.user == 0:
		m.netAdmin, m.netRaw = true, true
	default:
		m.netAdmin, m.netRaw = m.admin, c.caps&(1<<capNetRaw) != 0
	}
	return m
}

// place is the shape of a world: how many namespaces, which of them belong to
// the other user namespace, and who calls.
type place struct {
	foreign []bool
	callers []caller
	pins    int // leases of a namespace nobody touches, the first of them exclusive
	base    int // such leases that the kernel has already: others' on this machine
}

const sockets = 16

func settingsBits(v uint32) (consistency, ranges bool, auto, reflect int) {
	return v&1 != 0, v&2 != 0, int(v >> 2 & 3), int(v >> 4 & 7)
}

// pin is the request for a lease that keeps the table's size and the exclusive
// policy where they are.
func pin(i int) []byte {
	b := make([]byte, 32)
	b[15], b[21], b[22] = 1, shareAny, 1
	if i == 0 {
		b[21] = shareExcl
	}
	binary.BigEndian.PutUint32(b[16:], uint32(i+1))
	return b
}

// needsSocket says whether a step does nothing on an empty place, makesSocket
// whether it does nothing on a place that is taken.
func needsSocket(op opKind) bool { return op <= opConnect || op == opClose }

func makesSocket(op opKind) bool { return op == opOpen || op == opAccept }

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func must2[A, B any](a A, b B, err error) (A, B) {
	if err != nil {
		panic(err)
	}
	return a, b
}
