package rcu

// Borrow takes a reader from the domain's pool and enters: the section has begun
// when it returns, and ends with Return. It is meant for control operations by
// goroutines that have no Reader. The section may grow memory, allocate, park
// and borrow again; a borrowed reader that is never returned holds all
// reclamation up.
//
// Borrow never waits. It is lock-free and allocates only when every pooled reader is in
// use at once. Where the caller can be pinned to its processor (see Pin) it costs plain
// stores, unless somebody else has borrowed on that processor and not yet returned; then
// and elsewhere a compare-and-swap: with Return 6 to 10 ns and 8 to 13 (BenchmarkBorrow).
func (d *Domain) Borrow() *Reader {
	p := procPin()
	if pinnable && p < len(d.own.records) {
		// Whoever makes this record's state other than 0 is pinned to this processor,
		// so between the load and the store nobody does. The load pairs with the exit
		// of the borrower before, on whatever processor that was.
		if rec := &d.own.records[p]; rec.state.load() == 0 {
			rec.enter()
			procUnpin()
			return &rec.borrowed
		}
	}
	procUnpin()
	return d.borrowShared(p)
}

// borrowShared is Borrow from the records that are nobody's own. The processor's number is
// a hint only.
func (d *Domain) borrowShared(p int) *Reader {
	for link := &d.pool; ; {
		c := link.Load() // pairs with the CAS in grow
		if c == nil {
			c = d.grow(link, d.width, nameBorrowed)
		}
		if rec := c.claim(p); rec != nil {
			r := &rec.borrowed
			r.index = p
			return r
		}
		link = &c.next
	}
}

// Return ends the section of a borrowed reader and puts the reader back. The
// caller must not use it again, nor return it twice.
func (d *Domain) Return(r *Reader) {
	if checked {
		r.checkReturn(d)
	}
	r.rec.exit()
}

// claim takes a record that nobody uses, from column p onwards, and enters with
// it; nil if there is none.
//
// A pooled record is in use exactly while its state is not zero, so that one
// compare-and-swap both takes it and enters. The swap is a full fence, which is
// more than enter needs. It pairs with the exit of the borrower before.
func (c *chunk) claim(p int) *record {
	mask := len(c.records) - 1
	for i := range c.records {
		rec := &c.records[(p+i)&mask]
		if rec.state.load() == 0 && rec.state.claim(rec.epoch.Load()) {
			return rec
		}
	}
	return nil
}

// checkReturn panics if r may not be returned to d now.
func (r *Reader) checkReturn(d *Domain) {
	switch {
	case !r.pooled:
		panic("rcu: Return of a registered reader; it wants Exit")
	case r.domain != d:
		panic("rcu: Return to another domain")
	case r.rec.state.load() == 0:
		panic("rcu: reader returned twice")
	}
}

// nameBorrowed names every pooled record.
func nameBorrowed(int) string { return "borrowed" }
