package timerwheel

import "math/bits"

const (
	// slots is the number of slots of a level.
	slots = 1 << slotBits
	// slotMask takes a slot's number out of a shifted tick.
	slotMask = slots - 1
	// levels is how many levels it takes to resolve 32 bits. The topmost may
	// have fewer bits left than slotBits; its other slots stay empty.
	levels = (32 + slotBits - 1) / slotBits

	// lanes is how many chains of ids a list is. From an id to the next in its chain
	// is one wait for memory, so Advance goes along all chains side by side.
	lanes    = 1 << laneBits
	laneBits = 2

	// due is the list that Advance is working on. It survives the call when
	// the budget runs out or a callback panics.
	due = levels << slotBits
	// past is the list of ids that were filed when their deadline had come.
	past = due + 1

	// pending is the row of Wheel.occupied and Wheel.heads that stands behind
	// the levels and holds the lists due and past.
	pending = levels
)

// listOf returns the number of the list that a deadline belongs to, seen from
// the tick that the wheel has reached. A level and a slot in it follow from
// the highest bit in which the two differ: all digits above it are equal, so
// the slot begins at a tick that is still to come, and not after the deadline.
func (w *Wheel) listOf(deadline uint32) uint32 {
	if !after(deadline, w.now) {
		return past
	}
	level := uint32(bits.Len32(deadline^w.now)-1) / slotBits
	return level<<slotBits | deadline>>(level*slotBits)&slotMask
}

// next returns the first occupied slot's list and the tick at which that slot
// begins; ok is false when all levels are empty. Ids on a level come due before
// all ids on the levels above it, so the lowest occupied level decides.
func (w *Wheel) next() (list, tick uint32, ok bool) {
	for level := range uint32(levels) {
		occupied := w.occupied[level]
		if occupied == 0 {
			continue
		}
		shift := level * slotBits
		// Below the top level every occupied slot lies ahead of the one that
		// the wheel stands in. On the top level the slots go round with the
		// tick counter, so those ahead come first and then those behind.
		if ahead := occupied &^ (2<<(w.now>>shift&slotMask) - 1); ahead != 0 {
			occupied = ahead
		} else if invariants && level < levels-1 {
			panic("timerwheel: an occupied slot lies behind")
		}
		slot := uint32(bits.TrailingZeros64(occupied))
		// A shift by 32 or more gives 0, which leaves no bit above the top.
		above := w.now &^ (uint32(1)<<(shift+slotBits) - 1)
		return level<<slotBits | slot, above | slot<<shift, true
	}
	return 0, 0, false
}
