package timerwheel

// headMark in Node.prev says that the rest is the number of a list, shifted left by
// laneBits, plus that of the lane whose first id this node is. It is why ids have only
// 31 bits.
const headMark = 1 << 31

// node returns the node of an id. It panics for an id on a page that the wheel
// was not lent.
func (w *Wheel) node(id uint32) *Node {
	// Masking the shift, which New has checked, spares the code that Go needs
	// for shifts of 32 and more.
	return &w.pages[id>>(w.pageBits&31)][id&w.pageMask]
}

// link puts an id that is in no list in front of a list.
func (w *Wheel) link(id uint32, n *Node, list uint32) {
	lane := w.turn % lanes
	w.turn++
	first := w.heads[list][lane]
	n.next, n.prev = first, headMark|list<<laneBits|lane
	if first != 0 {
		w.node(first).prev = id
	}
	w.setHead(list, lane, id)
}

// unlink takes a node out of the list it is in, whichever that is.
func (w *Wheel) unlink(n *Node) {
	next, prev := n.next, n.prev
	n.next, n.prev = 0, 0
	if next != 0 {
		w.node(next).prev = prev
	}
	if prev&headMark == 0 {
		w.node(prev).next = next
		return
	}
	w.setHead(prev&^headMark>>laneBits, prev%lanes, next)
}

// take makes the list due, which is empty, of all ids in another list. Ids keep
// their order and only the nodes of the first ones are touched, so the cost does not
// depend on the length.
func (w *Wheel) take(list uint32) {
	if invariants && w.holds(due) {
		panic("timerwheel: a slot is taken before the last one is done")
	}
	for lane := range uint32(lanes) {
		id := w.heads[list][lane]
		if id == 0 {
			continue
		}
		w.node(id).prev = headMark | due<<laneBits | lane
		w.setHead(list, lane, 0)
		w.setHead(due, lane, id)
	}
}

// holds reports whether a list has any id.
func (w *Wheel) holds(list uint32) bool {
	return w.occupied[list>>slotBits]>>(list&slotMask)&1 != 0
}

// setHead changes a lane's first id, 0 for none, and the list's bit in the
// occupancy with it. Nothing else writes either, so that they always agree.
func (w *Wheel) setHead(list, lane, id uint32) {
	w.heads[list][lane] = id
	bit := uint64(1) << (list & slotMask)
	if w.heads[list] != [lanes]uint32{} {
		w.occupied[list>>slotBits] |= bit
	} else {
		w.occupied[list>>slotBits] &^= bit
	}
}
