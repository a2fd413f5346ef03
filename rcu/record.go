package rcu

import (
	"iter"
	"sync/atomic"
	"time"

	"golang.org/x/sys/cpu"
)

// record is what the writers' side knows of one reader. Its reader writes state
// and counts, everything else about it is fixed or belongs to the scanner.
type record struct {
	state  word           // in a section the epoch seen on entering, 0 outside; pairs with Domain.scan
	epoch  *atomic.Uint64 // &Domain.epoch, at hand for enter
	plain  bool           // state may be stored plainly: a membarrier precedes each scan
	behind atomic.Uint32  // loaded by enter, and stored by nobody
	counts [Counters]word // stored by the reader; pairs with Domain.Counted

	// Guarded by Domain.turn, written only while the record holds an epoch up and
	// left as they are afterwards: blocking never equals a later section's state.
	blocking uint64        // the state that was seen holding the epoch up; 0: none
	since    time.Duration // when that was first seen
	named    bool          // that stall has been counted and logged

	name string // guarded by Domain.mu in registered records, else fixed

	// borrowed is the handle of a pooled record; registered handles are never
	// reachable from here, or no cleanup would ever find them dead.
	borrowed Reader

	_ cpu.CacheLinePad // keeps the next record's state off these lines
}

// enter publishes that a section has begun. Its state is the epoch as it is: with a shift and
// a mark beside it a section took 1.08 ns, and 1.03 without (BenchmarkReadSection of bench/).
//
// The load of the epoch may be old by the time its store is seen; that is only
// conservative (see grace.go). The last line is what the section's own loads
// stand behind: the compiler moves nothing over an atomic load, so no load of
// the section rises above the store. Which variable is loaded does not matter;
// this one is at hand: with the epoch instead a section takes an instruction more.
func (r *record) enter() {
	r.state.set(r.plain, r.epoch.Load())
	r.behind.Load()
}

// exit publishes that the section has ended. A borrowed record is free for the
// next borrower from here on.
func (r *record) exit() { r.state.clear() }

// chunk is a run of records. Chunks are linked, never unlinked and never moved,
// so that the scanner walks them without a lock.
type chunk struct {
	records []record
	next    atomic.Pointer[chunk] // nil or set once; pairs with grow
}

// newRecords makes n records, a power of two.
func (d *Domain) newRecords(n int, name func(i int) string) []record {
	records := make([]record, n)
	for i := range records {
		rec := &records[i]
		rec.epoch, rec.plain, rec.name = &d.epoch, d.plain, name(i)
		rec.borrowed = Reader{rec: rec, domain: d, pooled: true}
	}
	return records
}

// grow appends a chunk of n records at link, the last one, and returns the one
// that is there then: another caller's if that was faster. The CAS publishes the
// records with all they hold; it pairs with the loads in all and in Borrow.
func (d *Domain) grow(link *atomic.Pointer[chunk], n int, name func(i int) string) *chunk {
	link.CompareAndSwap(nil, &chunk{records: d.newRecords(n, name)})
	return link.Load()
}

// all yields every record of the domain, in use or not.
//
// A record that it misses belongs to a chunk linked after the walk had passed:
// its reader entered after the fence that preceded the walk (see grace.go).
func (d *Domain) all() iter.Seq[*record] {
	return func(yield func(*record) bool) {
		for _, c := range [...]*chunk{&d.pinned, &d.own, d.pool.Load(), d.registered.Load()} {
			for ; c != nil; c = c.next.Load() {
				for i := range c.records {
					if !yield(&c.records[i]) {
						return
					}
				}
			}
		}
	}
}
