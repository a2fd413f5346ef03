package core

// A lease guards its label when it is not open to everybody: it is not of mode
// Any, or it has headers. While leases guard labels, a label may be sent only
// by a socket that holds it; Rules.Policy says how far that reaches.

// States of Namespace.policy.
const (
	policyOpen     = iota // any label may be sent: a packet looks no further
	policyByEngine        // enforced while any namespace guards a label
	policyEnforced
)

// guards says whether a lease of that mode and headers guards its label.
func guards(share Share, headers int) bool { return share != Any || headers != 0 }

// guard counts a lease that guards its label, before anybody can find it. When
// it returns packets are checked.
func (n *Namespace) guard() {
	n.eng.guarded.Add(1)
	n.guarded.Add(1)
	if n.policy.Load() == policyOpen {
		n.setPolicy()
	}
}

// unguard takes guard back, at the death of the lease.
func (n *Namespace) unguard() {
	n.eng.guarded.Add(-1)
	if n.guarded.Add(-1) == 0 {
		n.setPolicy()
	}
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

// setPolicy makes the policy what the count of guarding leases asks for. The
// count is read under the lock, so the last to come here gets it right.
func (n *Namespace) setPolicy() {
	if n.eng.rules.Policy != ExclusiveInNamespace {
		return // asked has set it, or it is Strict
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	switch {
	case n.closed.Load():
	case n.guarded.Load() > 0:
		n.policy.Store(policyEnforced)
	default:
		n.policy.Store(policyOpen)
	}
}
