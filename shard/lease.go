package shard

import (
	"sync/atomic"

	"github.com/flowlabel/flowlabel/rcu"
)

// The word of a lease:
//
//	63          32 31      8 7  4   3       2       1 0
//	[ generation ][  users  ][ 0 ][filed][watched][phase]
const (
	phaseMask = 3

	watchedMark = 1 << 2
	filedMark   = 1 << 3

	userShift = 8
	userOne   = 1 << userShift
	userMask  = MaxUsers << userShift

	generationShift = 32
)

// MaxUsers is the most users a lease can have.
const MaxUsers = 1<<24 - 1

// Phases of a lease's word. A live lease without users lingers.
const (
	phaseFree = iota // nobody can find it; its fields may be written
	phaseLive
	phaseDead // waits for the end of the sections that may have found it
)

// Lease is the slot of a lease, one cache line.
//
//	Free ──create──▶ Live ──last put──▶ Lingering ──deadline──▶ Dead ──grace period──▶ Free (generation+1)
//	                 ▲ └─join/put─┘        │
//	                 └──────revive─────────┘
//
// Every change of a lease is one CAS on its word. Two marks in the word settle
// the races with the timer wheel. filed says that the id is in a wheel, or that
// exactly one goroutine is about to put it there. watched says that somebody wants
// to know whether anybody else uses the lease from then on: every such change of the
// word clears it. So a CAS from a watched word is one from a lease that nobody has
// touched since the mark was set, which without it a join and a put would hide:
//
//   - by expiry, before it looks at the deadline: if that is past the lease may die;
//   - by the last user, before he reads the clock: then it may linger from that reading;
//   - at birth and by a revival: then it may be abandoned, or the revival undone.
//
// Every operation stays in its section until it has done all that a mark obliges
// it to: a slot must not be free again while somebody is about to file its id.
//
// The fields without atomics are written only while the phase is Free, by the
// one goroutine that holds the slot, and are published by the CAS of the index
// cell; whoever found the slot there, inside a section, may read them.
type Lease struct {
	// Every store is a CAS but for those in born, unborn and recycle, when nobody else has
	// the slot; the CAS of the index cell is their fence, and the slab's lock.
	word atomic.Uint64

	// Nanoseconds on the engine's clock. Atomic maxima: they are raised by those who hold
	// a user, expires also by the last one to drop his, to the end of the linger that
	// begins then, and by Touch: so expires of a lease that lingers is its deadline. It is
	// not the wheel's node, whose ticks wrap: a lease may be held for longer than that.
	expires atomic.Int64 // point in time
	linger  atomic.Int64 // span

	Owner     uint64
	Dst       [16]byte
	Label     uint32
	Namespace uint32 // id of the namespace
	Headers   uint16 // bytes of extension headers that go with the label
	Share     uint8
	_         [5]byte
}

// Fate is what Take found.
type Fate uint8

// What became of an attempt to take a user.
const (
	Taken     Fate = iota // the caller holds a user now
	Gone                  // the lease is dead, or the slot is not a lease any more
	Lingering             // it has no users, and the caller does not revive
	Crowded               // it has MaxUsers users
)

// Take adds a user, reviving a lingering lease only if told to. Who revives may watch
// from there, as a creator may.
func (l *Lease) Take(revive bool) Fate {
	for {
		w := l.word.Load()
		switch {
		case w&phaseMask != phaseLive:
			return Gone
		case w&userMask == 0 && !revive:
			return Lingering
		case w&userMask == userMask:
			return Crowded
		}
		next := (w + userOne) &^ watchedMark
		if w&userMask == 0 {
			next |= watchedMark
		}
		if l.word.CompareAndSwap(w, next) {
			return Taken
		}
	}
}

// Raise makes linger (a span) and expires (a point in time, not earlier than
// what it already is) at least as given. Its caller holds a user.
func (l *Lease) Raise(linger, expires int64) {
	raise(&l.linger, linger)
	raise(&l.expires, expires)
}

func raise(v *atomic.Int64, to int64) {
	for {
		old := v.Load()
		if old >= to || v.CompareAndSwap(old, to) {
			return
		}
	}
}

// Users returns the number of users and whether the lease is alive.
func (l *Lease) Users() (users int, live bool) {
	if Invariants {
		touched()
	}
	w := l.word.Load()
	return int(w & userMask >> userShift), w&phaseMask == phaseLive
}

// Expires returns the point in time that the lease lasts to at least.
func (l *Lease) Expires() int64 { return l.expires.Load() }

// Linger returns the span that the lease lasts after its last use.
func (l *Lease) Linger() int64 { return l.linger.Load() }

// Reused says whether the slot has held another lease before.
func (l *Lease) Reused() bool { return l.word.Load()>>generationShift != 0 }

// born makes a slot that its creator has filled in a live lease with one user,
// before anybody can find it. It is watched, so that Abandon can tell whether
// anybody has touched it since.
func (l *Lease) born() {
	rcu.Publish(&l.word, l.word.Load()&^(1<<generationShift-1)|userOne|watchedMark|phaseLive)
}

// unborn takes born back, before anybody could find the lease.
func (l *Lease) unborn() {
	rcu.Publish(&l.word, l.word.Load()&^(1<<generationShift-1))
}

// recycle makes a dead lease free again with the next generation. It returns
// false when there is no next one.
func (l *Lease) recycle() bool {
	generation := l.word.Load()>>generationShift + 1
	rcu.Publish(&l.word, generation<<generationShift)
	return generation < 1<<32-1
}
