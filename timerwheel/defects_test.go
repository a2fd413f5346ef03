package timerwheel

import (
	"math"
	"testing"
)

// The tests of this file are each named after a defect that other wheels have
// had.

// TestSlotEdges puts deadlines at, before and behind the edges of the slots of
// every level, seen from different places in a slot, and walks up to each tick
// by tick: never early, never late.
func TestSlotEdges(t *testing.T) {
	for level := range levels {
		width := int64(1) << (level * slotBits)
		for _, start := range []uint32{0, 1, uint32(width) - 1, uint32(width), 1<<31 - 1, math.MaxUint32} {
			for _, k := range []int64{1, 2, slots - 1, slots, slots + 1} {
				for beside := int64(-1); beside <= 1; beside++ {
					deadline := k*width - int64(start)&(width-1) + beside
					if deadline < 1 || deadline > half {
						continue
					}
					l := newLedger(t, start)
					l.file(1, deadline)
					l.advance(deadline-1, math.MaxInt)
					if len(l.fired) != 0 {
						t.Fatalf("from %d: fired a tick before %d", start, deadline)
					}
					l.advance(deadline, math.MaxInt)
					if len(l.fired) != 1 {
						t.Fatalf("from %d: not fired at %d", start, deadline)
					}
				}
			}
		}
	}
}

// TestDeadlinePast files deadlines that have come: they fire at the next
// Advance, even at the same tick, and are not taken for ones far ahead.
func TestDeadlinePast(t *testing.T) {
	for _, past := range []int64{0, 1, slots - 1, slots, slots + 1, day, half} {
		l := newLedger(t, 5)
		l.file(1, -past)
		if next, ok := l.wheel.NextDeadline(); !ok || next != 5 {
			t.Fatalf("next deadline %d, %v; should be now", next, ok)
		}
		if l.advance(0, 1); len(l.fired) != 1 {
			t.Fatalf("a deadline %d ticks ago did not fire at once", past)
		}
	}
}

// TestDeadlinePastForEver files its own id again and again, always too late. An
// Advance with all the budget in the world has to end all the same, and to say
// that something is left.
func TestDeadlinePastForEver(t *testing.T) {
	l := newLedger(t, 0)
	l.file(1, 0)
	l.onFire = func(id uint32) { l.file(id, l.at) }
	for round := 1; round <= 3; round++ {
		if left, _ := l.advance(int64(round), math.MaxInt); !left || len(l.fired) != round {
			t.Fatalf("round %d: fired %d times, left: %v", round, len(l.fired), left)
		}
	}
}

// TestPastDoesNotStarve has a backlog at every call. An id filed too late must
// not wait until the whole backlog is done.
func TestPastDoesNotStarve(t *testing.T) {
	l := newLedger(t, 0)
	for id := uint32(2); id <= ledgerIDs; id++ {
		l.file(id, int64(id/2))
	}
	l.advance(day, 2)
	l.file(1, l.at)
	for range 2 {
		l.advance(day, 2)
	}
	if l.wheel.Filed(1) {
		t.Fatal("an id filed too late waits behind the whole backlog")
	}
}

// TestClockStepsBack moves the clock back by all sorts of distances: nothing
// fires, nothing moves, and afterwards all is as if it had not happened.
func TestClockStepsBack(t *testing.T) {
	for _, back := range []int64{1, slots, day, half - 1} {
		l := newLedger(t, 3)
		l.advance(100, math.MaxInt)
		l.file(1, 100+2*slots)
		l.file(2, 100+day)
		if left, _ := l.advance(100-back, math.MaxInt); left || l.at != 100 || len(l.fired) != 0 {
			t.Fatalf("%d back: at %d, fired %v, left: %v", back, l.at, l.fired, left)
		}
		if l.finish(); l.at != 100+day {
			t.Fatalf("%d back: the last id fired at %d", back, l.at)
		}
	}
}

// TestCounterWraps runs a wheel over the wrap of the counter and over its change
// of sign, with a deadline at every tick around it.
func TestCounterWraps(t *testing.T) {
	for _, start := range []uint32{math.MaxUint32 - ledgerIDs/2, 1<<31 - 1 - ledgerIDs/2} {
		l := newLedger(t, start)
		for id := uint32(1); id <= ledgerIDs; id++ {
			l.file(id, int64(id))
		}
		for at := int64(1); at <= ledgerIDs; at++ {
			l.advance(at, math.MaxInt)
			if last := l.fired[len(l.fired)-1]; int64(len(l.fired)) != at || int64(last) != at {
				t.Fatalf("at tick %d: fired %v", l.tick(at), l.fired)
			}
		}
	}
}

// TestNextDeadlineKnowsPendingCascade stops an Advance in the middle of a slot
// of a higher level. The ids that still wait in it are nearer than any slot.
func TestNextDeadlineKnowsPendingCascade(t *testing.T) {
	l := newLedger(t, 0)
	for id := uint32(1); id <= 8; id++ {
		l.file(id, slots*slots+int64(id))
	}
	for range 8 {
		l.advance(slots*slots, 1) // which checks NextDeadline
	}
	if next, ok := l.wheel.NextDeadline(); !ok || after(next, slots*slots+1) {
		t.Fatalf("next deadline %d, %v", next, ok)
	}
	l.finish()
}

// TestBudgetKeepsItsPlace gives two ids of one slot a budget of one each: the
// second one fires at the next call even if the clock has stood still.
func TestBudgetKeepsItsPlace(t *testing.T) {
	l := newLedger(t, 0)
	l.file(1, 7)
	l.file(2, 7)
	l.file(3, 8)
	for fired := 1; fired <= 3; fired++ {
		left, _ := l.advance(8, 1)
		for left && len(l.fired) < fired { // an id may have moved down first
			left, _ = l.advance(8, 1)
		}
		if len(l.fired) != fired {
			t.Fatalf("fired %v", l.fired)
		}
	}
	if left, _ := l.advance(8, 1); left {
		t.Fatal("something is left when all ids have fired")
	}
}

// TestCallbackPanics lets every callback panic. Each id fires once for all that,
// and nobody is lost.
func TestCallbackPanics(t *testing.T) {
	l := newLedger(t, 0)
	for id := uint32(1); id <= ledgerIDs; id++ {
		l.file(id, int64(id%3)*slots)
	}
	l.onFire = func(uint32) { panic(planted) }
	for id := 1; id <= ledgerIDs; id++ {
		if _, panicked := l.advance(3*slots, math.MaxInt); !panicked || len(l.fired) != id {
			t.Fatalf("call %d: fired %d, panicked: %v", id, len(l.fired), panicked)
		}
	}
	if left, _ := l.advance(3*slots, math.MaxInt); left {
		t.Fatal("something is left when all ids have fired")
	}
}

// TestNoStaleOccupancy empties slots in each way there is (by Cancel at the
// front, in the middle and at the end, by firing, by moving down) and then
// wants to see no bit left, or a wheel would go on visiting empty slots.
func TestNoStaleOccupancy(t *testing.T) {
	for _, order := range [][]uint32{{1, 2, 3}, {2, 1, 3}, {3, 2, 1}, {3, 1, 2}, {}} {
		l := newLedger(t, 0)
		for id := uint32(1); id <= 3; id++ {
			l.file(id, slots*slots+9)
		}
		for _, id := range order {
			l.cancel(id)
			l.check()
		}
		l.finish()
		if l.wheel.occupied != [levels + 1]uint64{} {
			t.Fatalf("an empty wheel has occupied slots: %x", l.wheel.occupied)
		}
		if tick, ok := l.wheel.NextDeadline(); ok {
			t.Fatalf("an empty wheel has a next deadline: %d", tick)
		}
	}
}

// TestLongJump counts what a jump costs in calls with a budget of one: at most
// one for each level of each id, however far the jump goes.
func TestLongJump(t *testing.T) {
	for _, jump := range []int64{day, half} {
		l := newLedger(t, 77)
		for id := uint32(1); id <= ledgerIDs; id++ {
			l.file(id, jump/ledgerIDs*int64(id))
		}
		calls := 1
		for ; ; calls++ {
			if left, _ := l.advance(jump, 1); !left {
				break
			}
		}
		if calls > ledgerIDs*levels || len(l.fired) != ledgerIDs {
			t.Fatalf("a jump of %d took %d steps and fired %d", jump, calls, len(l.fired))
		}
	}
}

// TestExtendWhileFiled extends an id again and again before the wheel gets to
// it: it fires once, at the last deadline.
func TestExtendWhileFiled(t *testing.T) {
	l := newLedger(t, math.MaxUint32-10)
	l.file(1, 5)
	for _, deadline := range []int64{6, 5, 3 * slots, day, 2 * slots, half} {
		l.extend(1, deadline)
	}
	l.advance(half-1, math.MaxInt)
	if len(l.fired) != 0 {
		t.Fatal("fired before the deadline it was extended to")
	}
	if l.advance(half, math.MaxInt); len(l.fired) != 1 {
		t.Fatal("not fired at the deadline it was extended to")
	}
}
