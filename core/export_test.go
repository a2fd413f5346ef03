package core

import "github.com/flowlabel/flowlabel/shard"

// What the tests of this package, which stand outside it, need from within.

// Crowd adds users to the lease of a label until it has as many as can be
// counted. They stay.
func (n *Namespace) Crowd(label Label) {
	r, _ := n.eng.enter()
	defer n.eng.leave(r)
	l := n.eng.leases.At(n.index.Lookup(uint32(label)))
	for l.Take(false) == shard.Taken {
	}
}

// GetIn is Get by a caller of a given shard, which is otherwise that of the
// processor it runs on.
func (s Socket) GetIn(shard uint32, req Request) (Label, error) {
	r, _, err := s.enter()
	if err != nil {
		return 0, err
	}
	defer s.ns.eng.leave(r)
	return s.get(r, shard, &req)
}

// TakePages takes all pages that indexes can have, and returns what gives them
// back.
func (e *Engine) TakePages() (undo func()) {
	r, at := e.enter()
	defer e.leave(r)
	type cell struct {
		index *shard.Index
		label uint32
	}
	var taken []cell
	index := shard.NewIndex(e.pages)
	const cells = 256 // of a page, or more
	for label := uint32(0); ; label += cells {
		if label == shard.LabelSpace { // all of this one's
			label, index = 0, shard.NewIndex(e.pages)
		}
		if _, ok := index.Claim(label, 0, 1, at); !ok {
			break
		}
		taken = append(taken, cell{index, label})
	}
	return func() {
		r, _ := e.enter()
		defer e.leave(r)
		for _, c := range taken {
			c.index.Clear(c.label, 1)
		}
	}
}
