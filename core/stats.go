package core

import (
	"errors"
	"sync/atomic"

	"github.com/puzpuzpuz/xsync/v3"
	"golang.org/x/sys/cpu"

	"github.com/flowlabel/flowlabel/rcu"
)

// counters are striped: whoever counts writes a line of its own shard or processor.
type counters struct {
	each []counts // by shard

	renewed, purged *xsync.Counter

	// headers are the leases with headers whose slots are not reclaimed yet, and
	// headerBytes what those headers take.
	headers, headerBytes *xsync.Counter

	refused []*xsync.Counter // beside refusals
}

// counts are what is counted in nearly every call, by its shard. With an xsync.Counter for
// each a Get and a Put, which count one each, took 202 ns, and 188 so (BenchmarkGetPut of
// bench/). Each stands alone and pairs with nothing.
type counts struct {
	_                              cpu.CacheLinePad
	created, joined, revived, puts atomic.Int64
	_                              cpu.CacheLinePad
}

// sum adds up one of the counts of all shards.
func (c *counters) sum(of func(*counts) *atomic.Int64) (n int64) {
	for i := range c.each {
		n += of(&c.each[i]).Load()
	}
	return n
}

// refusals are the errors that are counted one by one.
var refusals = []error{
	ErrLabel, ErrStateless, ErrHeaders, ErrHeadersDenied, ErrLinger, ErrExpires, ErrDestination, ErrShare,
	ErrExists, ErrNotShared, ErrNotFound, ErrNotHeld, ErrRefused, ErrConsistency, ErrProtocol,
	ErrTuple, ErrBound, ErrNotBound,
	ErrQuota, ErrTableFull, ErrSocketFull, ErrNoLabels, ErrUsers,
	ErrStale, ErrClosed,
}

func newCounters(shards int) counters {
	c := counters{
		each: make([]counts, shards), renewed: xsync.NewCounter(), purged: xsync.NewCounter(),
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
// Cost: a short lock for each shard of each table, one after another, a look at
// each reader, and the allocation of the map and the slice.
func (e *Engine) Stats() Stats {
	c := &e.count
	s := Stats{
		Namespaces:  int(e.openNamespaces.n.Load()),
		Sockets:     int(e.openSockets.n.Load()),
		Flows:       int(e.openFlows.n.Load()),
		Leases:      int(e.leaseCount.Load()),
		Filed:       e.leases.Filed(),
		Created:     c.sum(func(c *counts) *atomic.Int64 { return &c.created }),
		Joined:      c.sum(func(c *counts) *atomic.Int64 { return &c.joined }),
		Revived:     c.sum(func(c *counts) *atomic.Int64 { return &c.revived }),
		Renewed:     c.renewed.Value(),
		Put:         c.sum(func(c *counts) *atomic.Int64 { return &c.puts }),
		Expired:     e.leases.Expired(),
		Purged:      c.purged.Value(),
		Reclaimed:   e.leases.Usage().Reclaimed,
		Reused:      e.leases.Reused(),
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
