package core

import "sync/atomic"

// A lease guards its label when it is not open to everybody: it is not of mode
// Any, or it has headers. While leases guard labels, a label may be sent only
// by a socket that holds it; Rules.Policy says how far that reaches.

// States of Namespace.policy.
const (
	policyOpen     = iota // any label may be sent: a packet looks no further
	policyByEngine        // enforced while any namespace guards a label
	policyEnforced
	policyClosed // enforced, so that a packet meets its closed socket
)

// policyWord holds a state; see Namespace.policy. It is no atomic.Uint32 for the sake of
// Reader.Check, which loads it by a function: with a method it would be one above the
// compiler's budget, and not be inlined.
type policyWord struct{ word uint32 }

// Load returns the state.
func (p *policyWord) Load() uint32 { return atomic.LoadUint32(&p.word) }

// Store changes it.
func (p *policyWord) Store(state uint32) { atomic.StoreUint32(&p.word, state) }

// guards says whether a lease of that mode and headers guards its label.
func guards(share Share, headers int) bool { return share != Any || headers != 0 }

// guard counts a lease that guards its label, before anybody can find it. When
// it returns packets are checked.
func (n *Namespace) guard() {
	n.eng.countGuarding(1)
	for c := n.guarded.Load(); c > 0; c = n.guarded.Load() {
		if n.guarded.CompareAndSwap(c, c+1) {
			return
		}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.setPolicy(policyEnforced) // before the count says that it is
	n.guarded.Add(1)
}

// unguard takes guard back for some leases, at their death.
func (n *Namespace) unguard(leases int64) {
	n.eng.countGuarding(-leases)
	for c := n.guarded.Load(); c > leases; c = n.guarded.Load() {
		if n.guarded.CompareAndSwap(c, c-leases) {
			return
		}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.guarded.Add(-leases) == 0 {
		n.setPolicy(policyOpen)
	}
}

// countGuarding counts guarding leases of all namespaces, where anybody asks.
func (e *Engine) countGuarding(n int64) {
	if e.rules.Policy == ExclusiveInEngine {
		e.guarded.Add(n)
	}
}

// ended says whether the namespace is closed. Its id may be another's by now, and
// so what is found by it.
func (n *Namespace) ended() bool { return n.policy.Load() == policyClosed }

// enforced says whether packets of the namespace may carry only labels that
// their sockets hold.
func (n *Namespace) enforced() bool {
	switch n.policy.Load() {
	case policyOpen:
		return false
	case policyByEngine:
		return n.eng.guarded.Load() != 0
	}
	return true
}

// asked notes that a lease which would guard its label was asked for. Linux
// never forgets that, even if the request is refused in the end.
func (n *Namespace) asked() {
	if n.eng.rules.Policy == ExclusiveInEngine && n.policy.Load() == policyOpen {
		n.setAsked()
	}
}

func (n *Namespace) setAsked() {
	n.mu.Lock()
	if n.policy.Load() == policyOpen {
		n.policy.Store(policyByEngine)
	}
	n.mu.Unlock()
}

// setPolicy changes the policy where it follows the count of guarding leases.
// Its caller holds mu, under which alone the count leaves or reaches zero: so a
// count above zero means that packets are checked.
func (n *Namespace) setPolicy(p uint32) {
	if n.eng.rules.Policy == ExclusiveInNamespace && !n.closed.Load() {
		n.policy.Store(p)
	}
}
