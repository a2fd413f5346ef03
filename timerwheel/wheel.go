package timerwheel

// MaxID is the largest id a wheel can hold. Id 0 means no id.
const MaxID = 1<<31 - 1

// Wheel files ids by the deadlines in their nodes and says when these have
// come. Make one with [New]. Its owner serialises all methods, with a mutex of
// the owner's choice; only the nodes' deadlines may be touched meanwhile. A
// Wheel has no goroutine and no clock, and nothing but SetPage allocates.
type Wheel struct {
	// now is the tick the wheel has reached: every id whose deadline is not
	// after it has been fired, or is in the list due or past. It never lies
	// behind the beginning of an occupied slot.
	now      uint32
	pageMask uint32
	pageBits uint
	filed    int
	pages    [][]Node

	// occupied has one word a level, and one for the pending lists; a bit in
	// it is set when the list at the same place in heads is not empty.
	occupied [levels + 1]uint64
	// heads holds the first id of each lane of each list, 0 for an empty one. A
	// list's number is its level shifted left by slotBits, plus its slot.
	heads [(levels + 1) << slotBits][lanes]uint32
	turn  uint32 // counts links, which go to the lanes in turn
}

// New returns an empty wheel that has reached tick now. It addresses the node
// of an id as entry id & (1<<pageBits - 1) of page id >> pageBits; pageBits is
// 0 to 31, and New panics above that. A wheel's own memory is a fixed eight
// kilobytes or less and a slice header for each page up to the highest lent.
func New(pageBits uint, now uint32) *Wheel {
	if pageBits > 31 {
		panic("timerwheel: pageBits above 31")
	}
	return &Wheel{now: now, pageBits: pageBits, pageMask: 1<<pageBits - 1}
}

// SetPage lends the wheel the nodes of ids page<<pageBits and up. Pages may
// come in any order and with gaps, and a slice may be shorter than a page; the
// wheel then knows only these ids, and File, Cancel and Filed panic on others.
// A nil slice takes a page back. A page must not be replaced while one of its
// ids is filed (with the build tag invariants that panics), and its memory must
// stay valid until then.
//
// Cost: one store, or a copy of the page directory when page is a new highest
// one (it doubles, so that lending page after page costs O(1) each).
func (w *Wheel) SetPage(page uint32, nodes []Node) {
	if page > MaxID>>w.pageBits {
		panic("timerwheel: page beyond MaxID")
	}
	for uint32(len(w.pages)) <= page {
		w.pages = append(w.pages, nil)
	}
	if invariants {
		for i := range w.pages[page] {
			if w.pages[page][i].prev != 0 {
				panic("timerwheel: a page is replaced while one of its ids is filed")
			}
		}
	}
	w.pages[page] = nodes
}

// File puts an id into the wheel by its node's deadline, which must lie within
// 2^31-1 ticks of Now, ahead or behind, and stay so while the id is filed. An id that is filed stays where it is:
// its node's deadline, not its place, says when it fires. A deadline that is
// not after Now fires at the next Advance; one that a callback files so fires
// at most once more in the Advance that is running, else at the next.
//
// File panics for id 0 and above [MaxID]. Cost: O(1), the id's node and
// that of its new neighbour.
func (w *Wheel) File(id uint32) {
	if id-1 >= MaxID {
		panic("timerwheel: id 0 or above MaxID")
	}
	n := w.node(id)
	if n.prev != 0 {
		return
	}
	w.filed++
	// The load pairs with Extend: a deadline raised after it is found when the
	// wheel reaches the id.
	w.link(id, n, w.listOf(n.deadline.Load()))
}

// Cancel takes an id out of the wheel and reports whether it was filed. Cost:
// O(1), the id's node and those of its two neighbours.
func (w *Wheel) Cancel(id uint32) bool {
	n := w.node(id)
	if n.prev == 0 {
		return false
	}
	w.filed--
	w.unlink(n)
	return true
}

// Filed reports whether an id is in the wheel. Inside the callback of Advance
// the id that fires is not.
func (w *Wheel) Filed(id uint32) bool { return w.node(id).prev != 0 }

// Len returns the number of ids in the wheel.
func (w *Wheel) Len() int { return w.filed }

// Now returns the tick that the wheel has reached. It is behind the tick that
// the last Advance was given by the backlog which that call left, in ticks.
func (w *Wheel) Now() uint32 { return w.now }
