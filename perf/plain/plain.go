// Package plain says what an engine of flow labels ought to do, in the plainest
// way: a map from flows to sockets, a map from sockets to lists of what they hold,
// a map from labels to their users, and a lock. It imports no package of the
// engine, so that the two can disagree, and reads and rewrites packets by itself.
//
// It does not decide who gets a label. It is told who got one, and says whether
// that can be: a lease is shared only among those who asked on the same terms,
// an exclusive one with nobody, and none is made of a label before the least
// time that it had to linger is over. From who holds what, and from which flow is
// whose, it follows which packets may be sent, and what they look like then.
//
// # Telling it in time
//
// The engine works on several requests at once, and the model learns of them one
// by one. So that it never sees a user that the engine does not have any more,
// tell it of a release before the engine ([Namespace.Drop], [Namespace.Close]),
// and of a lease after ([Namespace.Take]). Then all that it knows about a label
// is true of one lease: whoever it knows as a user is one.
package plain

import (
	"fmt"
	"sync"
	"time"

	"github.com/flowlabel/flowlabel/perf/pkt"
)

// Exclusive is the share mode that admits nobody else. Other modes are numbers
// without a meaning here.
const Exclusive = 1

// Terms are what a lease was asked for on. Users of one lease agree in them.
type Terms struct {
	Share   uint8  // mode
	Owner   uint64 // whom the mode shares with, if it does not share with everybody
	Headers Headers
}

// Lease is one use of a label.
type Lease struct {
	Label uint32
	Terms Terms
}

// Settings are what a namespace is like.
type Settings struct {
	// Guarded: a socket may send only labels that it holds, and not any.
	Guarded bool
	// MinLinger is the least time for which a released label lingers.
	MinLinger time.Duration
	// Reflect: a TCP socket answers with its peer's labels from the start.
	Reflect bool
	// Auto says which packets without a label get one: 0 none, 1 those of sockets
	// that have not opted out, 2 those of sockets that opted in, 3 all.
	Auto uint8
	// StateRanges: automatic labels have their first bit set.
	StateRanges bool
	// Flows is about how many flows there will be.
	Flows int
}

// Namespace is the model of one label space. Its methods may be called from any
// goroutine.
type Namespace struct {
	mu       sync.Mutex
	settings Settings
	flows    map[pkt.Key]uint32 // to sockets
	sockets  map[uint32]*socket
	labels   map[uint32]label
	leased   int       // labels with users
	released []release // in the order in which they were noted
}

type label struct {
	users    int
	terms    Terms // of the users, if there are any
	lingers  bool  // it has been released, at
	released time.Duration
}

type release struct {
	label uint32
	at    time.Duration
}

// New returns the model of an empty namespace.
func New(s Settings) *Namespace {
	return &Namespace{
		settings: s,
		flows:    make(map[pkt.Key]uint32, s.Flows),
		sockets:  make(map[uint32]*socket),
		labels:   make(map[uint32]label),
	}
}

// Take notes that a socket has leased a label. now is a time after that. The
// error says why it cannot have.
func (n *Namespace) Take(id, name uint32, t Terms, now time.Duration) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	s, l := n.socket(id), n.labels[name]
	if !s.open {
		return fmt.Errorf("label %#05x leased to a closed socket", name)
	}
	if err := n.admits(l, t, now); err != nil {
		return fmt.Errorf("label %#05x %w", name, err)
	}
	s.held = append(s.held, Lease{name, t})
	if l.users == 0 {
		n.leased++
	}
	l.users, l.terms = l.users+1, t
	n.labels[name] = l
	return nil
}

// admits says whether one more may have leased a label.
func (n *Namespace) admits(l label, t Terms, now time.Duration) error {
	if l.users > 0 && (l.terms != t || t.Share == Exclusive) {
		return fmt.Errorf("leased as %+v, while %d held it as %+v", t, l.users, l.terms)
	}
	// A new lease in another mode may have been joined, or put again, before its
	// creator comes here. An exclusive one is this caller's alone.
	if t.Share == Exclusive && l.lingers && now-l.released < n.settings.MinLinger {
		return fmt.Errorf("leased anew %v after its release", now-l.released)
	}
	return nil
}

// Drop notes that a socket is about to give up one use of a label. now is a time
// before it does. Drop returns false when the socket has none.
func (n *Namespace) Drop(id, name uint32, now time.Duration) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	s := n.socket(id)
	for i, lease := range s.held {
		if lease.Label == name {
			s.held = append(s.held[:i], s.held[i+1:]...)
			if s.current == name {
				s.current = 0
			}
			n.release(name, now)
			return true
		}
	}
	return false
}

func (n *Namespace) release(name uint32, now time.Duration) {
	l := n.labels[name]
	l.users, l.lingers, l.released = l.users-1, true, max(l.released, now)
	if l.users == 0 {
		n.leased--
	}
	n.labels[name] = l
	n.released = append(n.released, release{name, now})
	n.forget(now)
}

// forget drops the labels of which nothing is left to say, so that a long run
// does not remember every label that there ever was.
func (n *Namespace) forget(now time.Duration) {
	for len(n.released) > 0 && now-n.released[0].at > n.settings.MinLinger {
		name := n.released[0].label
		n.released = n.released[1:]
		if l := n.labels[name]; l.users == 0 && now-l.released > n.settings.MinLinger {
			delete(n.labels, name)
		}
	}
}

// Held returns how many uses a socket has, and the last of them.
func (n *Namespace) Held(id uint32) (uses int, last Lease) {
	n.mu.Lock()
	defer n.mu.Unlock()
	held := n.socket(id).held
	if len(held) > 0 {
		last = held[len(held)-1]
	}
	return len(held), last
}

// Users returns how many uses of a label there are, and on which terms.
func (n *Namespace) Users(name uint32) (int, Terms) {
	n.mu.Lock()
	defer n.mu.Unlock()
	l := n.labels[name]
	return l.users, l.terms
}

// Leased returns the number of labels with users.
func (n *Namespace) Leased() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.leased
}
