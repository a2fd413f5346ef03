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

// GetIn is Get by a caller of a given shard, which is otherwise that of the
// processor it runs on.
func (s Socket) GetIn(shard uint32, req Request) (Label, error) {
	r, _, err := s.enter()
	if err != nil {
		return 0, err
	}
	e := s.ns.eng
	defer e.leave(r)
	by := s.owner(req.By)
	t, err := s.ns.terms(&req, &by)
	if err != nil {
		return 0, err
	}
	g := get{s: s, ns: s.ns, eng: e, at: shard, now: e.now(), t: t}
	return g.run()
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
	for label := uint32(0); ; label++ {
		if label == shard.LabelSpace {
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
