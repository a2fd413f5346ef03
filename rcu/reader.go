package rcu

import (
	"runtime"
	"sync"
)

// Reader is a handle on one record of a domain. It belongs to one goroutine at
// a time; it may be handed on, with the care that any unsynchronised value
// needs. It must not be copied.
type Reader struct {
	rec    *record // nil once closed
	domain *Domain
	index  int
	pooled bool // from Borrow
	uses   uint // counts in checked builds; a plain variable, so that the race detector sees two users

	cleanup runtime.Cleanup
	_       [0]sync.Mutex // so that vet finds copies
}

// Register adds a reader. The name stands in Stats and in the log when the
// reader stalls; it need not be unique. Register never fails and never waits
// for readers; it takes a short lock and allocates.
//
// A Reader that becomes unreachable without Close is given back by the garbage
// collector, also if it died inside a section: a section ends at the latest
// when nothing refers to its Reader any more.
func (d *Domain) Register(name string) *Reader {
	rec, index := d.take(name)
	r := &Reader{rec: rec, domain: d, index: index}
	r.cleanup = runtime.AddCleanup(r, d.give, rec)
	return r
}

// Enter begins a read-side section: what the goroutine reaches through atomic
// loads of links from here to Exit is not reclaimed before Exit. It costs about
// a nanosecond with membarrier, an atomic store otherwise; it never waits, never
// allocates and never reads a clock.
//
// Sections do not nest. Entering twice, entering after Close or using one
// Reader from two goroutines at once is misuse: it panics under the build tags
// race and invariants and is undefined otherwise.
func (r *Reader) Enter() {
	if checked {
		r.checkEnter()
	}
	r.rec.enter()
}

// Exit ends the section that Enter began. Without one it is misuse, as under
// Enter. Same cost as Enter.
func (r *Reader) Exit() {
	if checked {
		r.checkExit()
	}
	r.rec.exit()
	// The record must not be given back between the load of r.rec and the store.
	runtime.KeepAlive(r)
}

// Close gives the reader back. A section that is still open ends. Calling it
// again does nothing. It takes a short lock.
func (r *Reader) Close() {
	if checked && r.pooled {
		panic("rcu: Close of a borrowed reader; it wants Return")
	}
	if r.rec == nil || r.pooled {
		return
	}
	r.cleanup.Stop()
	rec := r.rec
	r.rec = nil
	r.domain.give(rec)
	runtime.KeepAlive(r)
}

// Counters is how many counters a domain has for its user.
const Counters = 5

// Count adds one to a counter of the domain, 0 to Counters-1. It costs a load and a store,
// with membarrier a plain one: the record is the reader's own until the section ends, and
// what was counted stays in it when it becomes another's. To count outside a section is
// misuse, as under Enter.
func (r *Reader) Count(counter int) {
	if checked {
		r.checkCount()
	}
	c := &r.rec.counts[counter]
	c.set(true, c.load()+1) // pairs with Counted
	runtime.KeepAlive(r)    // as in Exit
}

// Counted returns what all readers have counted so far. It walks all records.
func (d *Domain) Counted(counter int) (n int64) {
	for rec := range d.all() {
		n += int64(rec.counts[counter].load()) // pairs with Count
	}
	return n
}

// Index returns a small number, at least 0, that spreads readers over shards:
// for a borrowed reader the number of the processor that its borrower ran on (a
// random one in builds that cannot tell), for a registered one the order of
// registration. It is a hint: it repeats, and it may exceed GOMAXPROCS.
func (r *Reader) Index() int { return r.index }

// checkEnter panics if Enter may not be called now.
func (r *Reader) checkEnter() {
	r.uses++ // before any atomic operation on the record, which would order two users
	switch {
	case r.rec == nil:
		panic("rcu: Enter after Close")
	case r.pooled:
		panic("rcu: Enter on a borrowed reader: it is inside a section already")
	case r.rec.state.load() != 0:
		panic("rcu: nested Enter, or one Reader in two goroutines: " + r.domain.nameOf(r.rec))
	}
}

// checkExit panics if Exit may not be called now.
func (r *Reader) checkExit() {
	r.uses++ // as in checkEnter
	switch {
	case r.rec == nil:
		panic("rcu: Exit after Close")
	case r.pooled:
		panic("rcu: Exit of a borrowed reader; it wants Return")
	case r.rec.state.load() == 0:
		panic("rcu: Exit without Enter: " + r.domain.nameOf(r.rec))
	}
}

// checkCount panics if Count may not be called now.
func (r *Reader) checkCount() {
	r.uses++ // as in checkEnter
	switch {
	case r.rec == nil:
		panic("rcu: Count after Close")
	case r.rec.state.load() == 0:
		panic("rcu: Count outside a section")
	}
}

// take returns a free record and its number, which a new chunk makes if need
// be.
func (d *Domain) take(name string) (rec *record, index int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.free) == 0 {
		d.addRecords()
	}
	last := len(d.free) - 1
	rec, d.free = d.free[last], d.free[:last]
	rec.name = name
	d.readers++
	return rec, d.readers - 1
}

// addRecords appends a chunk of registered records and frees them. It is called
// under mu.
func (d *Domain) addRecords() {
	link := &d.registered
	for c := link.Load(); c != nil; c = link.Load() {
		link = &c.next
	}
	c := d.grow(link, chunkSize, func(int) string { return "" })
	for i := range c.records {
		d.free = append(d.free, &c.records[i])
	}
}

// give frees a registered record, and ends its section if its reader died in
// one.
func (d *Domain) give(rec *record) {
	d.mu.Lock()
	defer d.mu.Unlock()
	rec.exit()
	rec.name = ""
	d.free = append(d.free, rec)
	d.readers--
}

// nameOf returns what a record's reader is called.
func (d *Domain) nameOf(rec *record) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return rec.name
}
