package core

import "github.com/flowlabel/flowlabel/shard"

// leaseDead takes a dead lease out of its index and returns what it counted as.
func (e *Engine) leaseDead(id uint32, l *shard.Lease) {
	n := e.namespaces.Get(l.Namespace)
	n.index.Clear(l.Label, id)
	guarded := int64(0)
	if guards(Share(l.Share), int(l.Headers)) {
		guarded = 1
	}
	n.died(1, guarded)
}

// leasesDead is leaseDead for many. It asks memory for all cells before it looks at one, and
// writes the counts, which all creators share, once for many leases: when each lease was
// counted by itself, and reuses were counted in one place for all, a lease among a million
// took 426 ns for its whole life, and 391 afterwards (BenchmarkLifecycle of bench/).
func (e *Engine) leasesDead(ids []uint32) {
	for _, id := range ids {
		l := e.leases.At(id)
		e.namespaces.Get(l.Namespace).index.Fetch(l.Label)
	}
	var all deaths
	for _, id := range ids {
		l := e.leases.At(id)
		n := e.namespaces.Get(l.Namespace)
		n.index.Clear(l.Label, id)
		all.add(n, guards(Share(l.Share), int(l.Headers)))
	}
	all.settle()
}

// deaths are leases taken out of their indexes but counted still: by namespace, of which
// it knows a few at a time.
type deaths [8]struct {
	n       *Namespace
	leases  int64
	guarded int64
}

func (d *deaths) add(n *Namespace, guarded bool) {
	of := &d[n.id%uint32(len(d))]
	if of.n != n {
		if of.n != nil {
			of.n.died(of.leases, of.guarded)
		}
		of.n, of.leases, of.guarded = n, 0, 0
	}
	of.leases++
	if guarded {
		of.guarded++
	}
}

// settle counts out what is counted still.
func (d *deaths) settle() {
	for i := range d {
		if of := &d[i]; of.n != nil {
			of.n.died(of.leases, of.guarded)
		}
	}
}

// died counts out leases that are dead, of which some were guarding.
func (n *Namespace) died(leases, guarded int64) {
	if guarded != 0 {
		n.unguard(guarded)
	}
	n.returnQuota(leases)
}
