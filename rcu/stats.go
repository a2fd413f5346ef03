package rcu

import "time"

// Stats is a domain at one moment.
type Stats struct {
	Fence    string // how Enter is ordered: "membarrier" or "atomics"; fixed at New
	Epoch    uint64 // the current epoch
	Readers  int    // registered and not closed
	Pooled   int    // readers made for Borrow, in use or not
	Advances uint64 // times the epoch moved
	Fences   uint64 // calls of membarrier
	Stalls   uint64 // sections that were named as stalled

	// StalledReader names the reader that has held the present grace period up
	// for longest, if that is longer than Options.StallAfter; else it is empty.
	// Borrowed readers are called "borrowed", pinned sections "pinned 3", after
	// their processor.
	StalledReader string
	// StalledFor is how long ago TryAdvance first met that section in its way.
	StalledFor time.Duration
}

// stall is a reader that holds a grace period up.
type stall struct {
	Reader string
	For    time.Duration
}

// blockedFor returns how long the section with state s has been seen holding an
// epoch up. State and record tell one section from another: a section that
// begins after the first look shows the current epoch or a later one, never s.
func (rec *record) blockedFor(s uint64, now time.Duration) time.Duration {
	if rec.blocking != s {
		rec.blocking, rec.since, rec.named = s, now, false
	}
	return now - rec.since
}

// Stats returns the domain's counters. It walks all records under the lock that
// advancing takes: a TryAdvance meanwhile returns false.
func (d *Domain) Stats() Stats {
	now := d.clock()
	s := Stats{Fence: "atomics", Epoch: d.epoch.Load()}
	if d.plain {
		s.Fence = "membarrier"
	}
	s.Pooled = len(d.own.records)
	for c := d.pool.Load(); c != nil; c = c.next.Load() {
		s.Pooled += len(c.records)
	}
	d.mu.Lock()
	s.Readers = d.readers
	d.mu.Unlock()

	d.turn.Lock()
	defer d.turn.Unlock()
	s.Advances, s.Fences, s.Stalls = d.advances, d.fences, d.stalls
	if worst := d.stalled(now); worst != nil {
		s.StalledReader, s.StalledFor = d.nameOf(worst), now-worst.since
	}
	return s
}

// stalled returns the record that has held the epoch up for longest, nil if none
// has done so for stallAfter. It is called under turn.
func (d *Domain) stalled(now time.Duration) (worst *record) {
	for rec := range d.all() {
		if rec.blocking == 0 || rec.state.load() != rec.blocking || now-rec.since < d.stallAfter {
			continue
		}
		if worst == nil || rec.since < worst.since {
			worst = rec
		}
	}
	return worst
}
