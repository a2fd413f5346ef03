package core

import (
	"errors"

	"github.com/puzpuzpuz/xsync/v3"

	"github.com/flowlabel/flowlabel/rcu"
)

// counters are striped: whoever counts writes a line of its own processor.
type counters struct {
	renewed, purged *xsync.Counter

	// headers are the leases with headers whose slots are not reclaimed yet, and
	// headerBytes what those headers take.
	headers, headerBytes *xsync.Counter

	refused []*xsync.Counter // beside refusals
}

// What nearly every call counts is counted by its section, see [rcu.Reader.Count]: a Get and
// a Put count one each, and took 13 to 16 ns more with an atomic addition for each
// (BenchmarkGetPut of bench/).
const (
	countCreated = iota
	countReused
	countJoined
	countRevived
	countPut
)

// refusals are the errors that are counted one by one.
var refusals = []error{
	ErrLabel, ErrStateless, ErrHeaders, ErrHeadersDenied, ErrLinger, ErrExpires, ErrDestination, ErrShare,
	ErrExists, ErrNotShared, ErrNotFound, ErrNotHeld, ErrRefused, ErrConsistency, ErrProtocol,
	ErrTuple, ErrBound, ErrNotBound,
	ErrQuota, ErrTableFull, ErrSocketFull, ErrNoLabels, ErrUsers,
	ErrStale, ErrClosed,
}

func newCounters() counters {
	c := counters{
		renewed: xsync.NewCounter(), purged: xsync.NewCounter(),
		headers: xsync.NewCounter(), headerBytes: xsync.NewCounter(),
	}
	for range refusals {
		c.refused = append(c.refused, xsync.NewCounter())
	}
	return c
}

// refuse counts an error, and returns it.
func (c *counters) refuse(err error) error {
	for i, kind := range refusals {
		if errors.Is(err, kind) {
			c.refused[i].Inc()
			break
		}
	}
	return err
}

// Stats is what an engine has done since it was made, and what it holds now.
// The figures are read one after another, while the engine works on.
type Stats struct {
	Namespaces int
	Sockets    int
	Flows      int
	Leases     int // alive, lingering ones included
	Filed      int // in the wheels: lingering, or held again since they last lingered

	Created   int64 // new leases
	Joined    int64 // uses added to leases that had some
	Revived   int64 // uses added to lingering leases
	Renewed   int64
	Put       int64 // uses given up by Put; closing a socket is not counted
	Expired   int64 // lingering leases whose time came
	Purged    int64 // leases ended by Purge, or with their namespace
	Reclaimed int64 // leases that readers can no longer see
	Reused    int64 // leases made in a slot that held another before

	Reseeds int64 // new seeds of the flow table, because flows crowded in one place

	// Refused counts the errors of Get, Put, Renew, Connect, Query, Reflect,
	// StopReflecting, Bind and Unbind by sentinel, ErrClosed and ErrStale only where they came up
	// in the middle of a call; those that did not occur are left out. Verdicts of
	// Reader.Check are not counted.
	Refused map[error]int64
	// Memory is where the bytes are: one entry a kind, always the same kinds.
	Memory []MemoryUse
	// MappedBytes is what all slots made so far take. Where memory is mapped, addresses
	// for all that the caps allow are reserved besides, and cost nothing; and what was
	// never touched of these bytes takes no memory yet. It shrinks only when the engine
	// is unreachable.
	MappedBytes int64
	// Readers tells about sections and grace periods, and who stalls them.
	Readers rcu.Stats
}

// Stats returns the engine's figures.
//
// Cost: a short lock for each shard of each table, one after another, a few
// looks at each reader, and the allocation of the map and the slice.
func (e *Engine) Stats() Stats {
	c := &e.count
	s := Stats{
		Namespaces:  int(e.openNamespaces.n.Load()),
		Sockets:     int(e.openSockets.n.Load()),
		Flows:       int(e.openFlows.n.Load()),
		Leases:      int(e.leaseCount.Load()),
		Filed:       e.leases.Filed(),
		Created:     e.domain.Counted(countCreated),
		Joined:      e.domain.Counted(countJoined),
		Revived:     e.domain.Counted(countRevived),
		Renewed:     c.renewed.Value(),
		Put:         e.domain.Counted(countPut),
		Expired:     e.leases.Expired(),
		Purged:      c.purged.Value(),
		Reclaimed:   e.leases.Usage().Reclaimed,
		Reused:      e.domain.Counted(countReused),
		Reseeds:     e.flows.Reseeds(),
		Refused:     make(map[error]int64),
		MappedBytes: e.arena.Bytes(),
		Readers:     e.domain.Stats(),
	}
	for i, kind := range refusals {
		if n := c.refused[i].Value(); n != 0 {
			s.Refused[kind] = n
		}
	}
	s.Memory = e.memory()
	return s
}
