package shard

import "sync/atomic"

// Index maps the labels of one namespace to lease slots: a trie of two levels,
// without a hash, a lock or a resize. A lookup is two loads. The root stands on
// the heap, the pages in slots; a page that has emptied is frozen, unlinked and
// retired, so a namespace keeps only the pages it uses now.
//
// Every method may be called from any goroutine, inside a read-side section.
type Index struct {
	// root names a page for each run of pageCells labels, or 0. Stored by CAS
	// after the page is ready; pairs with every load.
	root  [rootCells]atomic.Uint32
	cells array[page] // of pages, at hand for lookups: an array never moves
	pages *Pages
}

// RootBytes is the heap that one Index takes, its pages not counted.
const RootBytes = rootCells * 4

// NewIndex returns an empty index, whose pages come from p.
func NewIndex(p *Pages) *Index { return &Index{pages: p, cells: p.slab.slots} }

// Lookup returns the slot of the lease that has the label, or 0.
func (x *Index) Lookup(label uint32) uint32 {
	id := x.root[label>>pageBits].Load()
	if id == 0 {
		return 0
	}
	return x.cells.at(id).cells[label&pageMask].held()
}

// Share returns the share mode of the lease that has the label, 0 for none and for what
// is no label. A lease has its label from Claim to Clear, so a moment longer than it
// lives.
//
// On the number of instructions between two lookups depends how many of them wait for
// memory side by side. This has the root first, and no branch that is taken: a lookup
// among half a million leases took 1.9 ns, and 2.3 with a return for each case
// (BenchmarkLabelLookup of bench/).
func (x *Index) Share(label uint32) (share uint8) {
	if id := x.root[label>>pageBits%rootCells].Load(); id != 0 && label < LabelSpace {
		share = x.cells.at(id).cells[label&pageMask].share()
	}
	return share
}

// Fetch asks memory for the label's cell, and for the state of its page, which whoever
// changes the cell will write: a lease among a million takes 378 ns with that for its whole
// life, and took 391 without (BenchmarkLifecycle of bench/).
func (x *Index) Fetch(label uint32) {
	if id := x.root[label>>pageBits].Load(); id != 0 {
		p := x.cells.at(id)
		fetchCell(&p.cells[label&pageMask], &p.state)
	}
}

// Claim writes next, of NewCell, into the label's cell if the cell still has the slot
// old, the result of a Lookup in the same section. It returns the slot that the cell has
// in the end, so that of next on success, and false when there is no memory for a page.
func (x *Index) Claim(label, old, next, shard uint32) (holds uint32, ok bool) {
	for {
		id, ok := x.page(label, shard)
		if !ok {
			return 0, false
		}
		p := x.pages.slab.At(id)
		if !p.enter() {
			x.unlink(label, id) // help the one that froze it
			continue
		}
		cell := &p.cells[label&pageMask]
		won := cell.replace(old, next)
		holds = next & cellSlot
		if !won {
			holds = cell.held()
		}
		less := uint32(oneCreator)
		if won && old == 0 { // a cell that was in use is counted already
			less -= oneCell
		}
		x.leave(p, label, id, less)
		return holds, true
	}
}

// page returns the page that has the label's cell, a new one if need be.
func (x *Index) page(label, shard uint32) (id uint32, ok bool) {
	root := &x.root[label>>pageBits]
	if id = root.Load(); id != 0 {
		return id, true
	}
	id, ok = x.pages.slab.Alloc(shard)
	if !ok {
		return 0, false
	}
	if root.CompareAndSwap(0, id) {
		return id, true
	}
	x.pages.slab.Release(id)
	// The winner's page may already be gone again; then Claim comes back here.
	if id = root.Load(); id != 0 {
		return id, true
	}
	return x.page(label, shard)
}

// Clear empties the label's cell if it still holds the slot, which is not 0.
func (x *Index) Clear(label, slot uint32) bool {
	id := x.root[label>>pageBits].Load()
	if id == 0 {
		return false
	}
	p := x.pages.slab.At(id)
	if slot == 0 || !p.cells[label&pageMask].replace(slot, 0) {
		return false
	}
	x.leave(p, label, id, oneCell)
	return true
}

func (x *Index) leave(p *page, label, id, less uint32) {
	if p.leave(less) {
		x.unlink(label, id)
		x.pages.slab.Retire(id)
	}
}

// unlink takes a frozen page out of the root, unless a helper already has.
func (x *Index) unlink(label, id uint32) {
	x.root[label>>pageBits].CompareAndSwap(id, 0)
}

// Next returns the first label at or after from whose cell is in use, and the
// slot in it; false when there is none.
func (x *Index) Next(from uint32) (label, slot uint32, ok bool) {
	for label = from; label < LabelSpace; {
		id := x.root[label>>pageBits].Load()
		if id == 0 {
			label = nextPage(label)
			continue
		}
		p := x.pages.slab.At(id)
		for end := nextPage(label); label < end; label++ {
			if slot = p.cells[label&pageMask].held(); slot != 0 {
				return label, slot, true
			}
		}
	}
	return 0, 0, false
}

// NextFree returns the first label in [from, to) whose cell is empty, passing
// over full pages without a look at their cells; false when there is none.
func (x *Index) NextFree(from, to uint32) (label uint32, ok bool) {
	for label = from; label < to; {
		id := x.root[label>>pageBits].Load()
		if id == 0 {
			return label, true
		}
		p := x.pages.slab.At(id)
		end := min(nextPage(label), to)
		if p.full() {
			label = end
			continue
		}
		for ; label < end; label++ {
			if p.cells[label&pageMask].held() == 0 {
				return label, true
			}
		}
	}
	return 0, false
}

// nextPage returns the first label of the page after the label's own.
func nextPage(label uint32) uint32 { return (label | pageMask) + 1 }
