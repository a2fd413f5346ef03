package plain

import (
	"fmt"
	"time"

	"github.com/flowlabel/flowlabel/perf/pkt"
)

// Kind is what matters of a socket's protocol.
type Kind uint8

// The kinds.
const (
	Other Kind = iota
	TCP        // it can reflect
	Ping       // it may send any label, without the headers of a lease
)

// Choice is what a socket has chosen about automatic labels.
type Choice uint8

// The choices.
const (
	Default Choice = iota
	Off
	On
)

// socket is who sends packets.
type socket struct {
	open     bool
	kind     Kind
	held     []Lease // the same label may stand here several times
	current  uint32  // the label of packets that ask for none, 0 for none
	remote   uint32  // the label received last
	reflects bool
	choice   Choice
}

// socket returns a socket, a closed one if there is none of that number: what is
// written to that is lost.
func (n *Namespace) socket(id uint32) *socket {
	if s, ok := n.sockets[id]; ok {
		return s
	}
	return new(socket)
}

// Open notes that there is a socket; no number is used twice.
func (n *Namespace) Open(id uint32, k Kind) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.sockets[id] = &socket{open: true, kind: k, reflects: n.settings.Reflect && k == TCP}
}

// Close notes that a socket is about to be closed, which ends its flows. now is a
// time before it is.
func (n *Namespace) Close(id uint32, now time.Duration) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, lease := range n.socket(id).held {
		n.release(lease.Label, now)
	}
	delete(n.sockets, id)
}

// Bind notes that a socket has got a flow. The error says why it cannot have.
func (n *Namespace) Bind(id uint32, k pkt.Key) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if other, bound := n.flows[k]; bound && n.socket(other).open {
		return fmt.Errorf("flow %+v bound to socket %d, while socket %d has it", k, id, other)
	}
	if !n.socket(id).open {
		return fmt.Errorf("flow %+v bound to a closed socket", k)
	}
	n.flows[k] = id
	return nil
}

// Unbind notes that a socket has given up a flow. It returns false when it has
// not.
func (n *Namespace) Unbind(id uint32, k pkt.Key) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if got, bound := n.flows[k]; !bound || got != id || !n.socket(id).open {
		return false
	}
	delete(n.flows, k)
	return true
}

// Connect says whether a socket may make a label its current one, and if so does.
func (n *Namespace) Connect(id, name uint32) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	s := n.socket(id)
	if !s.open || name != 0 && n.settings.Guarded && s.lease(name) == nil {
		return false
	}
	s.current = name
	return true
}

// Reflect notes that a socket answers with its peer's labels from now on, or
// does not any more. It returns false for a socket that cannot, and for one that
// has nothing to end.
func (n *Namespace) Reflect(id uint32, on bool) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	s := n.socket(id)
	if s.kind != TCP || !on && !s.reflects {
		return false
	}
	s.reflects = on
	if !on {
		s.current = 0
	}
	return true
}

// Reflects says whether a socket answers with its peer's labels.
func (n *Namespace) Reflects(id uint32) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.socket(id).reflects
}

// Choose notes a socket's choice about automatic labels.
func (n *Namespace) Choose(id uint32, c Choice) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.socket(id).choice = c
}

// Hear notes that a packet with a label has come in for a socket, unless that is
// closed.
func (n *Namespace) Hear(id, name uint32) {
	n.mu.Lock()
	defer n.mu.Unlock()
	s := n.socket(id)
	s.remote = name
	if s.reflects {
		s.current = name
	}
}

// Labels returns a socket's current label and the one that it has received last.
func (n *Namespace) Labels(id uint32) (current, remote uint32) {
	n.mu.Lock()
	defer n.mu.Unlock()
	s := n.socket(id)
	return s.current, s.remote
}

// lease returns the use of a label that a socket has, nil if none.
func (s *socket) lease(name uint32) *Lease {
	for i := range s.held {
		if s.held[i].Label == name {
			return &s.held[i]
		}
	}
	return nil
}
