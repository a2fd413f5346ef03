package core

import "github.com/flowlabel/flowlabel/shard"

// What the tests of this package, which stand outside it, need from within.

// Crowd adds users to the lease of a label until it has as many as can be
// counted, and returns what takes them away again.
func (n *Namespace) Crowd(label Label) (undo func()) {
	r, _ := n.eng.enter()
	defer n.eng.leave(r)
	id := n.index.Lookup(uint32(label))
	l := n.eng.leases.At(id)
	added := 0
	for l.Take(false) == shard.Taken {
		added++
	}
	return func() {
		r, _ := n.eng.enter()
		defer n.eng.leave(r)
		for range added {
			n.eng.leases.Undo(id, l)
		}
	}
}
