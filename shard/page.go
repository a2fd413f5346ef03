package shard

import (
	"sync/atomic"

	"github.com/flowlabel/flowlabel/rcu"
)

// LabelSpace is the number of labels, the unused label 0 included (RFC 6437).
const LabelSpace = 1 << 20

const (
	pageCells = 1 << pageBits
	pageMask  = pageCells - 1
	rootCells = LabelSpace / pageCells
)

// frozen is the state of a page that takes no more cells.
const frozen = ^uint32(0)

// cell is where an index keeps the slot of a label's lease and its share mode, so that
// a lookup of the mode need not go to the lease; 0 for none:
//
//	31   29 28  0
//	[share ][slot]
//
// Of the share mode it has the lowest bits, signed: 0 to 3, and 252 to 255.
type cell struct{ word atomic.Uint32 }

const (
	cellShare = 29               // where the share mode stands
	cellSlot  = 1<<cellShare - 1 // more than a table of leases can have
)

// NewCell returns what a cell holds for the lease in a slot.
func NewCell(slot uint32, share uint8) uint32 {
	cell := uint32(share)<<cellShare | slot
	if Invariants && (slot > cellSlot || uint8(int32(cell)>>cellShare) != share) {
		panic("shard: a share mode, or a slot, that a cell cannot have")
	}
	return cell
}

// held returns the slot of the lease, 0 for none.
func (c *cell) held() uint32 { return c.word.Load() & cellSlot }

// share returns the share mode of the lease, 0 for none.
func (c *cell) share() uint8 { return uint8(int32(c.word.Load()) >> cellShare) }

// replace stores next if the cell has the slot old.
func (c *cell) replace(old, next uint32) bool {
	was := c.word.Load()
	return was&cellSlot == old && c.word.CompareAndSwap(was, next)
}

// page is one leaf of a label index.
type page struct {
	// cells name a slot each, or are 0. They come first: a lookup has an addition
	// less, and a page begins with a cache line. A creator's CAS publishes the lease it
	// filled in before; it pairs with every load of the cell.
	cells [pageCells]cell
	// state counts the cells in use (low half) and the creators at work in the
	// page (high half), or is frozen. Whoever entered before the freeze, a CAS
	// from 0, keeps it from happening, and nobody enters after it. A cell may be
	// cleared before its creator has counted it; then the halves borrow from each
	// other for a moment, and only their sum matters.
	state atomic.Uint32
	_     [15]uint32 // to the end of its line
}

// What a page's state counts.
const (
	oneCell    = 1
	oneCreator = 1 << 16
)

// enter counts a creator in. It returns false when the page is frozen.
func (p *page) enter() bool {
	for {
		n := p.state.Load()
		if n == frozen {
			return false
		}
		if p.state.CompareAndSwap(n, n+oneCreator) {
			return true
		}
	}
}

// leave takes a number from the state. It returns true when that emptied the
// page and the caller froze it, and so has to unlink and retire it.
func (p *page) leave(less uint32) bool {
	return p.state.Add(-less) == 0 && p.state.CompareAndSwap(0, frozen)
}

// full says whether every cell is in use.
func (p *page) full() bool {
	n := p.state.Load()
	return n != frozen && n%oneCreator == pageCells
}

// Pages are the pages of all indexes of an engine.
type Pages struct{ slab *Slab[page] }

// NewPages returns room for about limit pages.
func NewPages(d *rcu.Domain, a *Arena, shards, limit int, ring func()) *Pages {
	p := new(Pages)
	p.slab = NewSlab[page](d, a, shards, limit, Kind{Reclaim: p.reclaim, Ring: ring})
	return p
}

// reclaim thaws a page. Its cells are zero: only an empty page is frozen.
func (p *Pages) reclaim(id uint32) bool {
	pg := p.slab.At(id)
	if Invariants {
		for i := range pg.cells {
			if pg.cells[i].word.Load() != 0 {
				panic("shard: a reclaimed page still names a lease")
			}
		}
	}
	pg.state.Store(0)
	return true
}

// Collect reclaims pages of a shard; see Slab.Collect.
func (p *Pages) Collect(shard uint32) (int, bool) { return p.slab.Collect(shard) }

// Usage says what the pages hold now.
func (p *Pages) Usage() Usage { return p.slab.Usage() }
