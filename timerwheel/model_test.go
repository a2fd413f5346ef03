package timerwheel

import (
	"math"

	"pgregory.net/rapid"
)

// ledger is the golden model: a wheel under test and, beside it, what each id's
// deadline is, in ticks counted by 64 bits, which do not wrap. Everything that
// the wheel does is held against it at once.
type ledger struct {
	t     rapid.TB
	wheel *Wheel
	nodes []Node
	start uint32           // the wheel's tick at time 0
	at    int64            // the time that the wheel has reached
	clock int64            // the latest time given to Advance
	due   map[uint32]int64 // filed id -> deadline
	late  map[uint32]bool  // filed with a deadline already past: fires in no order
	fired []uint32         // since the test last looked

	// onFire runs in the callback, after the checks.
	onFire func(id uint32)
}

const (
	ledgerPageBits = 3
	ledgerIDs      = 40
)

func newLedger(t rapid.TB, start uint32) *ledger {
	l := &ledger{
		t: t, wheel: New(ledgerPageBits, start), start: start,
		nodes: make([]Node, ledgerIDs+1),
		due:   map[uint32]int64{}, late: map[uint32]bool{},
	}
	for page := uint32(0); int(page)<<ledgerPageBits < len(l.nodes); page++ {
		low := page << ledgerPageBits
		high := min(low+1<<ledgerPageBits, uint32(len(l.nodes)))
		l.wheel.SetPage(page, l.nodes[low:high])
	}
	return l
}

func (l *ledger) tick(at int64) uint32 { return l.start + uint32(at) }

// file files an id, which is not filed, with a deadline.
func (l *ledger) file(id uint32, deadline int64) {
	l.nodes[id].Reset(l.tick(deadline))
	l.wheel.File(id)
	l.due[id] = deadline
	if deadline <= l.at {
		l.late[id] = true
	}
}

func (l *ledger) extend(id uint32, deadline int64) {
	old, filed := l.due[id]
	moved := l.nodes[id].Extend(l.tick(deadline))
	if filed && moved != (deadline > old) {
		l.t.Fatalf("Extend(%d) from %d to %d moved: %v", id, old, deadline, moved)
	}
	if filed && moved {
		l.due[id] = deadline
	}
}

func (l *ledger) cancel(id uint32) {
	_, filed := l.due[id]
	if got := l.wheel.Cancel(id); got != filed {
		l.t.Fatalf("Cancel(%d) = %v, filed: %v", id, got, filed)
	}
	l.forget(id)
}

func (l *ledger) forget(id uint32) {
	delete(l.due, id)
	delete(l.late, id)
}

// sync reads the time that the wheel has reached, which never goes back.
func (l *ledger) sync() {
	moved := int32(l.wheel.Now() - l.tick(l.at))
	if moved < 0 {
		l.t.Fatalf("the wheel went back by %d ticks", -int64(moved))
	}
	l.at += int64(moved)
	if l.at > l.clock {
		l.t.Fatalf("the wheel is at %d, the clock at %d", l.at, l.clock)
	}
}

// fire is the callback: it holds the wheel to its promises, one id at a time.
func (l *ledger) fire(id uint32) {
	l.sync()
	deadline, filed := l.due[id]
	switch {
	case !filed:
		l.t.Fatalf("id %d fired, but it is not filed", id)
	case deadline > l.at:
		l.t.Fatalf("id %d fired at %d, early for %d", id, l.at, deadline)
	case deadline < l.at && !l.late[id]:
		l.t.Fatalf("id %d fired at %d, out of turn for %d", id, l.at, deadline)
	case l.wheel.Filed(id):
		l.t.Fatalf("id %d is filed while it fires", id)
	}
	l.forget(id)
	l.fired = append(l.fired, id)
	if l.onFire != nil {
		l.onFire(id)
	}
}

// planted is what a callback of a test panics with. Other panics are not kept
// from the test: rapid ends a failed history with one.
const planted = "planted"

// advance runs one Advance to time to, which may lie behind, and checks what it
// reports, also when the callback panics with planted.
func (l *ledger) advance(to int64, budget int) (left, panicked bool) {
	target := max(to, l.at)
	l.clock = max(l.clock, to)
	before := len(l.fired)
	defer func() {
		if r := recover(); r != nil {
			if r != planted {
				panic(r)
			}
			left, panicked = true, true
		}
		l.sync()
		l.check()
		if fired := len(l.fired) - before; fired > max(budget, 1) {
			l.t.Fatalf("a budget of %d fired %d ids", budget, fired)
		}
	}()
	left = l.wheel.Advance(l.tick(to), budget, l.fire)
	l.sync()
	if !left && l.at != target {
		l.t.Fatalf("Advance(%d) left nothing, but stands at %d", to, l.at)
	}
	for id, deadline := range l.due {
		if deadline <= target && !left {
			l.t.Fatalf("Advance(%d) left nothing, but id %d was due at %d", to, id, deadline)
		}
	}
	return left, false
}

// finish advances from one NextDeadline to the next until the wheel is empty.
func (l *ledger) finish() {
	l.onFire = nil
	// Each step moves at least one id down a level, on to a deadline that an
	// Extend gave it, or out.
	for steps := len(l.due) * 2 * (levels + 1); len(l.due) > 0; steps-- {
		if steps == 0 {
			l.t.Fatalf("going from one NextDeadline to the next does not end")
		}
		next, ok := l.wheel.NextDeadline()
		if !ok {
			l.t.Fatalf("no next deadline, but %d ids are filed", len(l.due))
		}
		l.advance(l.at+int64(int32(next-l.tick(l.at))), math.MaxInt)
	}
}

// check compares the wheel with the ledger and looks at its every link.
func (l *ledger) check() {
	l.t.Helper()
	if l.wheel.Len() != len(l.due) {
		l.t.Fatalf("Len() = %d, filed %d", l.wheel.Len(), len(l.due))
	}
	first := int64(math.MaxInt64)
	for id := uint32(1); id <= ledgerIDs; id++ {
		deadline, filed := l.due[id]
		if l.wheel.Filed(id) != filed {
			l.t.Fatalf("Filed(%d) = %v", id, !filed)
		}
		if filed {
			first = min(first, deadline)
		}
	}
	next, ok := l.wheel.NextDeadline()
	ahead := int64(int32(next - l.tick(l.at)))
	switch {
	case ok != (len(l.due) > 0):
		l.t.Fatalf("NextDeadline is there: %v, with %d ids filed", ok, len(l.due))
	case ok && ahead < 0:
		l.t.Fatalf("NextDeadline lies %d ticks behind Now", -ahead)
	case ok && l.at+ahead > max(first, l.at):
		l.t.Fatalf("NextDeadline is %d, an id is due at %d", l.at+ahead, first)
	}
	if fault := faultOf(l.wheel); fault != "" {
		l.t.Fatal(fault)
	}
}

// faultOf walks all lists of a wheel and names the first broken invariant.
func faultOf(w *Wheel) string {
	filed := 0
	for list, chains := range w.heads {
		if w.holds(uint32(list)) != (chains != [lanes]uint32{}) {
			return "an occupancy bit and its list disagree"
		}
		for lane, id := range chains {
			for prev := headMark | uint32(list)<<laneBits | uint32(lane); id != 0; filed++ {
				n := w.node(id)
				if n.prev != prev || filed > w.filed {
					return "a list is broken"
				}
				if list < due && !ahead(w, uint32(list), n.Deadline()) {
					return "a slot that lies behind, or an id in a slot behind its deadline"
				}
				prev, id = id, n.next
			}
		}
	}
	if filed != w.filed {
		return "the number of filed ids is wrong"
	}
	return ""
}

// ahead reports whether a list's slot begins after now, in the same slot of the
// next level as now, and not after the deadline of an id in it.
func ahead(w *Wheel, list, deadline uint32) bool {
	shift := list >> slotBits * slotBits
	begin := w.now&^(uint32(1)<<(shift+slotBits)-1) | list&slotMask<<shift
	return after(begin, w.now) && !after(begin, deadline)
}
