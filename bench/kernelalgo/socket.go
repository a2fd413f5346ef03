package kernelalgo

import (
	"sync"
	"sync/atomic"
)

// Socket holds leases of one namespace. Every method may be called from any
// goroutine.
type Socket struct {
	table     *Table
	namespace uint32
	mu        sync.Mutex // serialises changes of the list
	list      atomic.Pointer[entry]
}

// entry is one use of a lease by a socket.
type entry struct {
	next  atomic.Pointer[entry] // stored under the socket's lock
	lease *Lease
}

// NewSocket returns a socket of a namespace.
func (t *Table) NewSocket(namespace uint32) *Socket {
	return &Socket{table: t, namespace: namespace}
}

// held walks the socket's list.
func (s *Socket) held(label uint32) *Lease {
	for e := s.list.Load(); e != nil; e = e.next.Load() {
		if e.lease.label == label {
			return e.lease
		}
	}
	return nil
}

// Lookup is what a packet asks: the lease of its label, with a reference that the
// packet has to Drop; nil when the socket does not hold the label.
func (s *Socket) Lookup(label uint32) *Lease {
	if l := s.held(label); l != nil && l.take() {
		return l
	}
	return nil
}

// Get leases a label for the socket and returns it.
func (s *Socket) Get(r *Request) (uint32, error) {
	now := s.table.Clock.Load()
	l := s.Lookup(r.Label)
	if l != nil {
		if err := l.admit(r); err != nil {
			l.Drop()
			return 0, err
		}
	} else {
		var err error
		if l, err = s.table.obtain(s.namespace, r); err != nil {
			return 0, err
		}
	}
	raise(&l.linger, r.Linger)
	raise(&l.expires, now+max(r.Expires, r.Linger))
	l.lastUse.Store(now)
	s.mu.Lock()
	e := &entry{lease: l}
	e.next.Store(s.list.Load())
	s.list.Store(e)
	s.mu.Unlock()
	return l.label, nil
}

func raise(v *atomic.Int64, to int64) {
	for {
		old := v.Load()
		if old >= to || v.CompareAndSwap(old, to) {
			return
		}
	}
}

// Put gives up one use of a label.
func (s *Socket) Put(label uint32) error {
	s.mu.Lock()
	at := &s.list
	e := at.Load()
	for ; e != nil && e.lease.label != label; e = at.Load() {
		at = &e.next
	}
	if e != nil {
		at.Store(e.next.Load())
	}
	s.mu.Unlock()
	if e == nil {
		return ErrNotHeld
	}
	s.table.release(e.lease)
	return nil
}
