// Package rcu tells a writer when the memory that it unlinked may be reused,
// while readers run through it at the cost of two plain stores.
//
// # Terms
//
// A reader is a goroutine that looks at shared memory without a lock. It does
// so inside a read-side section: between Enter and Exit of its [Reader], between
// [Domain.Borrow] and [Domain.Return], or between [Domain.Pin] and
// [Section.Unpin]. A writer unlinks an object, so that no section that begins
// later can find it, and retires it: it takes a stamp and keeps the object
// aside. A grace period is a span in which every section that was open at its
// beginning has ended. When a full grace period has passed since the stamp, the
// writer reclaims the object: it reuses the memory, or clears it.
//
// # Use
//
//	r := domain.Register("worker 0") // once a worker
//	r.Enter()
//	e := table[i].Load()             // links are loaded atomically
//	...                              // read *e; do not keep e
//	r.Exit()
//
//	old := table[i].Swap(e)          // links are changed atomically
//	stamp := domain.Stamp()          // after the unlinking
//	...                              // later, any number of times
//	domain.TryAdvance()
//	if domain.Elapsed(stamp) {
//		reuse(old)
//	}
//
// Nothing here waits, but for [Domain.Synchronize]. The package keeps no list of
// retired objects and calls nobody back: whoever retires keeps the stamps, in
// the objects themselves if need be, and so cannot run out of space in doing it.
// One stamp serves any number of objects that were unlinked before it. Readers
// never collect and never look at a clock. What they count, if told to with
// [Reader.Count], they count beside their own state, without a shared write.
//
// What a section may do depends on how it began:
//
//	Enter, Exit     a registered worker; anything, even park, but it holds reclamation up
//	Borrow, Return  a control operation; the same, by a goroutine without a Reader
//	Pin, Unpin      a few loads; nothing that can fail or wait
//
// A writer may itself be inside a section. A registered reader outside a section
// delays nobody, however long it sleeps. One that stays inside delays
// reclamation for ever and nothing else; [Stats] and one line in the log name
// it.
//
// # How it works
//
// The domain has an epoch, a number. Each reader has a record of its own, on its
// own cache lines, which shows the epoch that the reader saw on entering, or 0
// outside a section. The epoch moves from e to e+1 when every open section shows
// e. After two moves no section is left that was open before them; grace.go has
// the proof. This is the epoch scheme of
//
//	K. Fraser, Practical lock-freedom, University of Cambridge, 2004, section 5.2.3,
//
// and differs from it in three ways. Readers do not keep lists of garbage nor
// move the epoch. Grace periods are polled by stamp, in the way that Linux
// offers with get_state_synchronize_rcu and poll_state_synchronize_rcu. And the
// fence between a reader's announcement and its first load, the one expensive
// thing on the reader's side, stands on the writer's side, as in
//
//	M. Desnoyers, P. McKenney et al., User-Level Implementations of Read-Copy
//	Update, IEEE TPDS 23(2), 2012:
//
// before looking at the records, the writer has the kernel run a memory barrier
// on every thread of the process (membarrier(2)). On amd64 a section then costs
// two MOVs more than the reading itself, about one nanosecond. At most one such
// barrier runs every 100 µs, and none while no stamp waits.
//
// Everywhere else (other processors and systems, under the race detector, under
// the build tag purego, and where the kernel refuses membarrier) readers use
// atomic stores and writers need no fence. The choice is made once, before the
// first reader, and stands in [Stats]. Everything else is the same.
//
// # Build tags
//
// purego leaves out go:linkname and plain stores: a pinned section is then a
// borrowed one, and a borrowed reader is picked at random. race and invariants
// turn checks for misuse on, each a panic that says what was done wrong, and
// shrink the pools so that the rare paths are common.
package rcu
