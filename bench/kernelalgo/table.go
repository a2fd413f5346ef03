// Package kernelalgo manages flow labels in Go by the algorithm of the Linux
// kernel, so that an algorithm is compared with an algorithm and not a library
// with a system call:
//
//   - one table for all namespaces, a fixed number of hash chains, which readers
//     walk without a lock;
//   - a list a socket, of entries that point to leases;
//   - a reference to the lease, taken and dropped for each packet;
//   - one lock for creation, release and collection;
//   - a collection that walks the whole table.
//
// It has the rules that these need and no others: no options, no quotas, no
// capabilities.
package kernelalgo

import (
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
)

// The errors are the kernel's in meaning.
var (
	ErrNotFound  = errors.New("kernelalgo: no such label")
	ErrNotShared = errors.New("kernelalgo: label is not shared")
	ErrNotHeld   = errors.New("kernelalgo: label is not held by the socket")
	ErrFull      = errors.New("kernelalgo: table is full")
)

// chains is the number of hash chains, a power of two: 16 leases a chain in a
// table of Limit.
const chains = 256

// Limit is the most leases of a table, as on a Linux machine.
const Limit = 4096

// Share says with whom a lease is shared. The numbers are Linux's.
type Share uint8

// The share modes that are known here.
const (
	Exclusive Share = 1
	Process   Share = 2
	Any       Share = 255
)

// Request asks for a lease. Times are in seconds on the table's clock.
type Request struct {
	Dst     [16]byte
	Label   uint32 // 0 for a random one
	Share   Share
	Owner   uint32 // compared for Process
	Create  bool
	Linger  int64
	Expires int64 // from now
}

// Lease is a label in use or lingering.
type Lease struct {
	next      atomic.Pointer[Lease] // in its chain; stored under the table's lock
	namespace uint32
	label     uint32
	share     Share
	owner     uint32
	dst       [16]byte

	// users counts entries on lists and packets under way. It rises from 0 only
	// under the table's lock, so a collection that sees 0 there may end the lease.
	users                    atomic.Int32
	linger, expires, lastUse atomic.Int64
}

// Label returns the lease's label.
func (l *Lease) Label() uint32 { return l.label }

// Table holds the leases of all namespaces. Every method may be called from any
// goroutine.
type Table struct {
	// Clock is the time in seconds; the program moves it on.
	Clock atomic.Int64

	mu    sync.Mutex
	size  int // guarded by mu
	heads [chains]atomic.Pointer[Lease]
}

func (t *Table) head(namespace, label uint32) *atomic.Pointer[Lease] {
	return &t.heads[(label^namespace)%chains]
}

// find walks a chain; with or without the lock.
func (t *Table) find(namespace, label uint32) *Lease {
	for l := t.head(namespace, label).Load(); l != nil; l = l.next.Load() {
		if l.label == label && l.namespace == namespace {
			return l
		}
	}
	return nil
}

// take adds a user to a lease that has some.
func (l *Lease) take() bool {
	for {
		n := l.users.Load()
		if n == 0 {
			return false
		}
		if l.users.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

// obtain returns the request's lease with a user for the caller.
func (t *Table) obtain(namespace uint32, r *Request) (*Lease, error) {
	if r.Label != 0 {
		if l := t.find(namespace, r.Label); l != nil && l.take() {
			if err := l.admit(r); err != nil {
				l.Drop()
				return nil, err
			}
			return l, nil
		}
		if !r.Create {
			return nil, ErrNotFound
		}
	}
	return t.create(namespace, r)
}

// create makes a lease, or revives one that lingers.
func (t *Table) create(namespace uint32, r *Request) (*Lease, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	label := r.Label
	for label == 0 || r.Label == 0 && t.find(namespace, label) != nil {
		label = rand.Uint32() & (1<<20 - 1)
	}
	if l := t.find(namespace, label); l != nil {
		if err := l.admit(r); err != nil {
			return nil, err
		}
		l.users.Add(1)
		return l, nil
	}
	if t.size >= Limit {
		return nil, ErrFull
	}
	l := &Lease{namespace: namespace, label: label, share: r.Share, owner: r.Owner, dst: r.Dst}
	l.users.Store(1)
	head := t.head(namespace, label)
	l.next.Store(head.Load())
	head.Store(l)
	t.size++
	return l, nil
}

// admit applies the sharing rules.
func (l *Lease) admit(r *Request) error {
	if l.share == Exclusive || l.share != r.Share || l.share == Process && l.owner != r.Owner {
		return ErrNotShared
	}
	return nil
}

// Drop ends a packet's use of a lease.
func (l *Lease) Drop() { l.users.Add(-1) }

// release ends a socket's use of a lease, under the one lock.
func (t *Table) release(l *Lease) {
	t.mu.Lock()
	l.lastUse.Store(t.Clock.Load())
	l.users.Add(-1)
	t.mu.Unlock()
}

// Collect ends every lease whose linger is over, and returns how many. It walks
// the whole table.
func (t *Table) Collect() (ended int) {
	now := t.Clock.Load()
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := range t.heads {
		at := &t.heads[i]
		for l := at.Load(); l != nil; l = at.Load() {
			due := max(l.expires.Load(), l.lastUse.Load()+l.linger.Load())
			if l.users.Load() == 0 && now >= due {
				at.Store(l.next.Load())
				ended++
			} else {
				at = &l.next
			}
		}
	}
	t.size -= ended
	return ended
}
