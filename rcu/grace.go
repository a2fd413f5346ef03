package rcu

import (
	"context"
	"time"
)

// graceEpochs is how far the epoch must move past a stamp.
const graceEpochs = 2

// The proof. Let a writer unlink an object (an atomic store or swap U of the
// last link to it, or Publish and a fence) and then take the stamp s. Claim: when the epoch has reached
// s+2, no section holds the object any more, and none can find it.
//
// Call A the advance from s+1 to s+2. Its parts happen in this order: it loads
// the epoch s+1, fences (F), scans, stores s+2.
//
//  1. U comes before F. The writer's Stamp loaded s after U; the store of s+1
//     came later than that load, since it had not been seen; A saw that store
//     before F. This is also why the advance from s to s+1 does not count: its
//     scan may have been over before U. Hence s+2 and not s+1.
//  2. Take a section that found the object: its load L of the link came before
//     U. In program order the section loaded the epoch (E), stored its state
//     (S), did its last load of Enter, did L. F is a full barrier on the
//     reader's thread too, at some point of the reader's program. L does not
//     stand after that point, or it would have seen U by 1. So S stands before
//     it, and the scan sees S, or something that its reader stored later. This
//     is all that is asked of the fence: it needs to stand once, between U and
//     the scan, and the reader needs none of its own.
//  3. If the scan sees something later than S, the section is over. The reader
//     stored its exit after its last load: amd64 lets no store pass an earlier
//     load, Go's atomics forbid it elsewhere, so the scanner needs nothing but
//     an atomic load. Whoever reclaims comes after: scan, store of s+2, load in
//     Elapsed.
//  4. If the scan sees S, it sees the epoch that E loaded. That is not s+1:
//     an E that loads s+1 comes after U by 1, and L comes after E, so L would
//     have seen U. So it is older, and A does not happen while the section
//     lasts.
//
// E may be stale when S appears: the reader may have been stopped in between for
// an hour. The scan then sees an epoch older than need be, and waits for a
// section that may hold nothing: conservative, never wrong. A reader that shows
// s+1 during A began after U and is not waited for: a chain of overlapping
// sections delays nobody.
//
// With atomic stores instead of plain ones F is not needed: S and L are then in
// one total order with U and the scan, in which S < L < U < scan.
//
// A borrowed reader enters as above, if it is its processor's own, and else by
// compare-and-swap, which is stronger than S. Either may go on on another thread; the
// scheduler's own fences then stand between S and L. A pinned section is a section of
// whichever goroutine has the processor; the scheduler orders one after the other.
//
// A record in a chunk that the scan did not reach was linked in after the scan
// had passed that link, hence after F; its first S is later still, and by 2 its
// L sees U.

// Stamp names the present for Elapsed. Take it after the object was unlinked, by an atomic
// operation, or by Publish and a fence, from wherever a section could find it. It is never zero.
// One atomic load; the first Stamp of an epoch writes a shared word as well.
func (d *Domain) Stamp() uint64 {
	s := d.epoch.Load()
	for {
		w := d.wanted.Load()
		if w >= s+graceEpochs || d.wanted.CompareAndSwap(w, s+graceEpochs) {
			return s
		}
	}
}

// Elapsed reports whether a full grace period has passed since stamp was taken:
// every section that was open then has ended, so what was unlinked before may be
// reclaimed. Elapsed(0) is true. One atomic load, which pairs with the store in
// advance.
func (d *Domain) Elapsed(stamp uint64) bool { return d.epoch.Load() >= stamp+d.grace }

// TryAdvance tries once to bring grace periods forward and reports whether the
// epoch moved. It never waits for a reader or for another caller. A grace period
// is two moves, so callers come back: from the loop that also retires, or from a
// timer.
//
// It returns false at once when no stamp is waiting, when another caller is at
// work, and within 100 µs of the last attempt, whoever made it: all callers
// together cost at most one membarrier per 100 µs. The caller may be inside a
// section of its own, which may then be what holds the epoch up, but not inside
// a pinned one.
func (d *Domain) TryAdvance() bool {
	if d.epoch.Load() >= d.wanted.Load() {
		return false
	}
	now := d.clock()
	if d.tooSoon(now) || !d.turn.TryLock() {
		return false
	}
	moved, stalled := d.attempt(now)
	d.turn.Unlock()
	if stalled.Reader != "" && d.logger != nil {
		d.logger.Warn("rcu: a reader holds a grace period up", "reader", stalled.Reader, "for", stalled.For)
	}
	return moved
}

// tooSoon reports whether the last attempt began less than an interval ago.
func (d *Domain) tooSoon(now time.Duration) bool {
	return now-time.Duration(d.tried.Load()) < d.interval
}

// attempt tries to advance, under turn. It also returns a stall to be logged.
//
// The scan before the fence saves the fence when the answer is known already: a
// section that is seen to hold the epoch up does so with or without a fence.
func (d *Domain) attempt(now time.Duration) (moved bool, stalled stall) {
	if d.tooSoon(now) {
		return false, stalled // another caller was faster
	}
	d.tried.Store(int64(now))
	e := d.epoch.Load()
	held, stalled := d.scan(e, now)
	if held || !d.fenceReaders() {
		return false, stalled
	}
	if held, stalled = d.scan(e, now); held {
		return false, stalled
	}
	d.epoch.Store(e + 1) // only the holder of turn stores it; pairs with Enter, Stamp, Elapsed
	d.advances++
	return true, stalled
}

// fenceReaders makes sure that a scan sees every section that may have missed an
// unlinking; false if it cannot say so.
func (d *Domain) fenceReaders() bool {
	if !d.plain {
		return true
	}
	d.fences++
	return d.fence()
}

// scan reports whether a section that shows another epoch than e is open, and
// keeps the records' stalls. It is called under turn. It returns the first stall
// that has not been named yet.
func (d *Domain) scan(e uint64, now time.Duration) (held bool, stalled stall) {
	for rec := range d.all() {
		s := rec.state.load() // pairs with enter, exit and claim
		if s == 0 || s == e {
			continue
		}
		held = true
		if rec.blockedFor(s, now) >= d.stallAfter && !rec.named && stalled.Reader == "" {
			rec.named = true
			d.stalls++
			stalled = stall{Reader: d.nameOf(rec), For: now - rec.since}
		}
	}
	return held, stalled
}

// Synchronize waits until a full grace period has passed, or until ctx is done,
// and then returns its cause. It is meant for shutdown and for tests. It must
// not be called inside a section of the same domain: that section would be
// waited for.
func (d *Domain) Synchronize(ctx context.Context) error {
	stamp := d.Stamp()
	pause := time.NewTicker(fenceInterval)
	defer pause.Stop()
	for d.TryAdvance(); !d.Elapsed(stamp); d.TryAdvance() {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-pause.C:
		}
	}
	return nil
}
