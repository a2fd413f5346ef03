package core

import (
	"fmt"

	"github.com/flowlabel/flowlabel/shard"
)

// create makes a new lease with one user and puts it on the socket's list. dead
// is the dead lease that the label's cell names, 0 for none. It returns false
// when another lease took the label meanwhile.
//
// Nothing is left behind by a failure: what was taken is given back in the
// reverse order, at once where nobody can have seen the lease, and by its death
// where somebody may have.
func (g *get) create(dead uint32) (done bool, label Label, err error) {
	g.expires = g.until(g.t.linger)
	if err := g.ns.takeQuota(g.s.slot, &g.t.by); err != nil {
		return false, 0, err
	}
	id, l, ok := g.eng.leases.Alloc(g.at)
	if !ok {
		g.ns.returnQuota(1)
		return false, 0, fmt.Errorf("%w: leases", ErrTableFull)
	}
	g.fill(id, l)
	if g.t.label != 0 {
		done, err = g.claim(id, l, uint32(g.t.label), dead)
	} else {
		done, err = g.claimAny(id, l)
	}
	if !done {
		g.unfill(id, l)
		return false, 0, err
	}
	if err := g.publish(id, l, g.t.linger, g.expires); err != nil {
		g.abandon(id, l)
		return false, 0, err
	}
	g.created(l)
	return true, Label(l.Label), nil
}

// created counts a creation.
func (g *get) created(l *shard.Lease) {
	g.r.Count(countCreated)
	if l.Reused() {
		g.r.Count(countReused)
	}
}

// fill writes a free slot's fields, but for the label and the word.
func (g *get) fill(id uint32, l *shard.Lease) {
	l.Namespace = g.ns.id
	l.Share = uint8(g.t.share)
	l.Owner = g.t.by.owner(g.t.share)
	l.Dst = g.t.dst.As16()
	l.Headers = uint16(g.t.headers.Len())
	if l.Headers != 0 {
		g.eng.setHeaders(id, g.t.headers)
	}
	if guards(g.t.share, int(l.Headers)) {
		g.ns.guard()
	}
}

// unfill gives a slot back that nobody has seen.
func (g *get) unfill(id uint32, l *shard.Lease) {
	if guards(g.t.share, int(l.Headers)) {
		g.ns.unguard(1)
	}
	if l.Headers != 0 {
		g.eng.clearHeaders(id, int(l.Headers))
	}
	g.eng.leases.Unborn(id, l)
	g.ns.returnQuota(1)
}

// claim makes the filled slot the lease of label if the cell still holds old.
func (g *get) claim(id uint32, l *shard.Lease, label, old uint32) (bool, error) {
	l.Label = label
	g.eng.leases.Born(id, l, g.t.linger, g.expires)
	holds, ok := g.ns.index.Claim(label, old, shard.NewCell(id, l.Share), g.at)
	if !ok {
		return false, fmt.Errorf("%w: index pages", ErrTableFull)
	}
	return holds == id, nil
}

// abandon takes back a lease that was just created and found no place on its
// socket's list: it dies at once, unless somebody has used it meanwhile.
func (g *get) abandon(id uint32, l *shard.Lease) {
	if !g.eng.leases.Abandon(id, l) {
		g.created(l) // it lives on
		g.ns.undo(id, l)
	}
}
