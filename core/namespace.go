package core

import (
	"fmt"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/cpu"

	"github.com/flowlabel/flowlabel/shard"
)

// Namespace is a label space of its own, with its sockets and settings; Linux
// has one for each network namespace.
//
// Every method may be called from any goroutine. A Namespace must not be copied.
type Namespace struct {
	_     [0]sync.Mutex // vet reports copies
	eng   *Engine
	name  string
	id    uint32
	index *shard.Index

	packed atomic.Uint32 // Settings; each word stands alone

	mu   sync.Mutex
	head uint32 // first of the list of sockets, through Socket.Next; guarded by mu

	// closed is set under mu and never cleared. A release loads it after it has
	// dropped its user, Close stores it before it purges: one of the two sees a
	// lease that is left without users.
	closed   atomic.Bool
	finished atomic.Bool  // the slot is retired; set by CAS, once
	leases   atomic.Int64 // leases not dead, and those being created
	guarded  atomic.Int64 // of the leases, those not open to everybody

	_ cpu.CacheLinePad
	// policy is what a packet reads first; see guard.go. Stored under mu, when
	// guarded becomes zero or ceases to be, and when the namespace closes: before
	// its id is another's, so that a packet that finds flows of the other sees it.
	policy  policyWord
	sockets *shard.Sockets // of eng, at hand for packets
	_       cpu.CacheLinePad
}

// NamespaceOptions say how a namespace is to be made.
type NamespaceOptions struct {
	// Settings are the first settings; nil means DefaultSettings.
	Settings *Settings
}

func newNamespace(e *Engine, name string, id uint32, s Settings) *Namespace {
	n := &Namespace{eng: e, name: name, id: id, index: shard.NewIndex(e.pages), sockets: e.sockets}
	n.packed.Store(s.pack())
	if e.rules.Policy == Strict {
		n.policy.Store(policyEnforced)
	}
	return n
}

// Name returns the name that the namespace was made with.
//
// Cost: none to speak of.
func (n *Namespace) Name() string { return n.name }

// Settings returns the settings in force.
//
// Cost: a load.
func (n *Namespace) Settings() Settings { return n.settings() }

func (n *Namespace) settings() Settings { return unpackSettings(n.packed.Load()) }

// SetSettings changes the settings; leases that exist stay as they are. The
// errors are ErrOption and ErrClosed.
//
// Cost: a store.
func (n *Namespace) SetSettings(s Settings) error {
	if err := s.check(); err != nil {
		return err
	}
	if n.closed.Load() {
		return n.gone()
	}
	n.packed.Store(s.pack())
	return nil
}

// gone returns the error for a namespace that is closed.
func (n *Namespace) gone() error { return fmt.Errorf("%w: namespace %q", ErrClosed, n.name) }

// SocketOptions say how a socket is to be made.
type SocketOptions struct {
	// Protocol is the socket's kind.
	Protocol Protocol
	// Owner is on whose behalf the socket acts when a call does not say.
	Owner Credentials
}

// Socket makes a socket. The errors are ErrOption, ErrTableFull and ErrClosed.
//
// Cost: one slot, and a short lock of the namespace.
func (n *Namespace) Socket(o SocketOptions) (Socket, error) {
	if o.Protocol > Ping {
		return Socket{}, fmt.Errorf("%w: SocketOptions.Protocol %d", ErrOption, o.Protocol)
	}
	e := n.eng
	r, at := e.enter()
	defer e.leave(r)
	if n.closed.Load() {
		return Socket{}, n.gone()
	}
	if !e.openSockets.take() {
		return Socket{}, fmt.Errorf("%w: sockets", ErrTableFull)
	}
	id, slot, generation, ok := e.sockets.Alloc(at)
	if !ok {
		e.openSockets.give()
		return Socket{}, fmt.Errorf("%w: sockets", ErrTableFull)
	}
	slot.Namespace = n.id
	slot.Process, slot.User = o.Owner.Process, o.Owner.User
	slot.Privileges, slot.Protocol = uint8(o.Owner.Privileges), uint8(o.Protocol)
	slot.Hides = o.Protocol == Ping // what a ping socket sends is not looked for
	if !n.adopt(id, slot, n.reflects(o.Protocol)) {
		e.sockets.Release(id)
		e.openSockets.give()
		return Socket{}, n.gone()
	}
	return Socket{ns: n, slot: slot, id: id, generation: generation}, nil
}

// reflects says whether a new socket reflects from the start.
func (n *Namespace) reflects(p Protocol) bool {
	return n.settings().Reflect&ReflectEstablished != 0 && (p == TCP || n.eng.rules.ReflectAnyProtocol)
}

// adopt opens a socket and puts it on the namespace's list, unless closed.
func (n *Namespace) adopt(id uint32, s *shard.Socket, reflects bool) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed.Load() {
		return false
	}
	s.Opened(reflects)
	s.Prev, s.Next = 0, n.head
	if n.head != 0 {
		n.eng.sockets.At(n.head).Prev = id
	}
	n.head = id
	return true
}

// disown takes a socket off the list, if it still is on it.
func (n *Namespace) disown(id uint32, s *shard.Socket) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.head != id && s.Prev == 0 {
		return
	}
	if s.Prev != 0 {
		n.eng.sockets.At(s.Prev).Next = s.Next
	} else {
		n.head = s.Next
	}
	if s.Next != 0 {
		n.eng.sockets.At(s.Next).Prev = s.Prev
	}
	s.Prev, s.Next = 0, 0
}

// Purge ends every lease of the namespace that has no users, without waiting
// for its linger, and returns how many it ended.
//
// Cost: a walk over the index.
func (n *Namespace) Purge() int {
	e := n.eng
	r, _ := e.enter()
	defer e.leave(r)
	purged := 0
	for label, id, ok := n.index.Next(0); ok; label, id, ok = n.index.Next(label + 1) {
		l := e.leases.At(id)
		if e.leases.Purge(id, l) {
			purged++
		} else if _, live := l.Users(); !live {
			n.index.Clear(label, id) // as in get.absent
		}
	}
	e.count.purged.Add(int64(purged))
	return purged
}

// Close closes the namespace's sockets and ends all its leases at once; its
// name is free again. It may be called several times; it returns nil.
//
// Cost: that of Socket.Close for each socket, and of Purge.
func (n *Namespace) Close() error {
	e := n.eng
	r, _ := e.enter()
	defer e.leave(r)
	first := n.beginClose()
	for s := n.firstSocket(); s.slot != nil; s = n.firstSocket() {
		s.shut()
	}
	n.Purge()
	e.registry.Compute(n.name, func(in *Namespace, loaded bool) (*Namespace, bool) {
		return in, !loaded || in == n
	})
	if first {
		n.endClose()
	}
	return nil
}

// beginClose lets no new socket in, and says whether this is the first Close.
// That one counts as a lease until endClose, when the last socket is shut: a Get
// that is under way on one of them still needs the namespace's id.
func (n *Namespace) beginClose() (first bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if first = !n.closed.Load(); first {
		n.leases.Add(1)
		n.closed.Store(true)
	}
	n.policy.Store(policyClosed)
	return first
}

// endClose takes back what the first Close counted as.
func (n *Namespace) endClose() {
	n.eng.openNamespaces.give()
	n.leasesGone(1)
}

// firstSocket takes the first socket off the list; its slot is nil when there
// is none.
func (n *Namespace) firstSocket() Socket {
	n.mu.Lock()
	id := n.head
	n.mu.Unlock()
	if id == 0 {
		return Socket{}
	}
	slot := n.eng.sockets.At(id)
	generation := slot.Generation()
	n.disown(id, slot)
	return Socket{ns: n, slot: slot, id: id, generation: generation}
}

// leasesGone counts leases out. The last one of a closed namespace gives up the
// namespace's slot.
func (n *Namespace) leasesGone(leases int64) {
	if n.leases.Add(-leases) == 0 && n.closed.Load() && n.finished.CompareAndSwap(false, true) {
		n.eng.nsSlots.Retire(n.id)
	}
}
