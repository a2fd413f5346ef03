package timerwheel

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

const (
	day  = 24 * 3600 * 1000 // in ticks of a millisecond
	half = math.MaxInt32    // the farthest deadline and the longest jump
)

// starts are ticks at which a history begins: at and around the places where
// the counter wraps or changes its sign, and anywhere.
func starts() *rapid.Generator[uint32] {
	return rapid.OneOf(
		rapid.SampledFrom([]uint32{0, 1, 1<<31 - 1, 1 << 31, math.MaxUint32}),
		rapid.Uint32Range(math.MaxUint32-5000, math.MaxUint32),
		rapid.Uint32(),
	)
}

// spans are distances in ticks: short ones, those that end next to a slot's
// edge of any level, and anything up to half the counter.
func spans(l *ledger) *rapid.Generator[int64] {
	return rapid.Custom(func(t *rapid.T) int64 {
		switch rapid.IntRange(0, 3).Draw(t, "kind") {
		case 0:
			return rapid.Int64Range(0, 3*slots).Draw(t, "short")
		case 1:
			return rapid.Int64Range(0, half).Draw(t, "any")
		case 2:
			return rapid.SampledFrom([]int64{1, day - 1, day, day + 1, half - 1, half}).Draw(t, "known")
		}
		width := int64(1) << (rapid.IntRange(0, levels-1).Draw(t, "level") * slotBits)
		edge := width - int64(l.tick(l.at))&(width-1)
		edge += width * rapid.Int64Range(0, slots).Draw(t, "slots")
		return min(max(edge+rapid.Int64Range(-1, 1).Draw(t, "beside"), 0), half)
	})
}

// act does something to a random id: what a caller may do between two calls of
// Advance, and what a callback may do inside one.
func act(t *rapid.T, l *ledger) {
	id := rapid.Uint32Range(1, ledgerIDs).Draw(t, "id")
	deadline, filed := l.due[id]
	switch kind := rapid.IntRange(0, 5).Draw(t, "act"); {
	case kind == 0:
		l.cancel(id)
	case filed && kind == 1:
		l.wheel.File(id) // changes nothing
	case filed:
		to := min(l.at, deadline) + spans(l).Draw(t, "extend")
		if kind == 2 {
			to = deadline - rapid.Int64Range(0, 9).Draw(t, "back")
		}
		l.extend(id, to)
	case kind == 1:
		l.file(id, l.at-rapid.Int64Range(0, 1000).Draw(t, "past"))
	default:
		l.file(id, l.at+spans(l).Draw(t, "ahead"))
	}
}

// TestHistory runs random histories of everything an owner may do and holds
// every step against the model.
func TestHistory(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := newLedger(t, starts().Draw(t, "start"))
		step := func(t *rapid.T) {
			budget := rapid.SampledFrom([]int{1, 1, 2, 7, math.MaxInt}).Draw(t, "budget")
			// A jump over more than half the counter less the age of what a
			// callback files as past is outside of what a wheel promises.
			to := l.at + min(spans(l).Draw(t, "jump"), half-1000)
			l.advance(to, budget)
		}
		l.onFire = func(id uint32) {
			switch rapid.IntRange(0, 5).Draw(t, "callback") {
			case 0:
				act(t, l)
			case 1:
				l.file(id, l.at+spans(l).Draw(t, "again"))
			case 2:
				panic(planted)
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"":        func(t *rapid.T) { l.check() },
			"act":     func(t *rapid.T) { act(t, l) },
			"act two": func(t *rapid.T) { act(t, l) },
			"advance": step,
			"advance back": func(t *rapid.T) {
				l.advance(l.at-rapid.Int64Range(1, half-1).Draw(t, "back"), 3)
			},
		})
		l.finish()
	})
}

// TestBudgetOfOne gives each call a budget of one and a clock that runs on: the
// ids still fire in the order of their deadlines, and each call gets on.
func TestBudgetOfOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := newLedger(t, starts().Draw(t, "start"))
		for id := uint32(1); id <= ledgerIDs; id++ {
			l.file(id, spans(l).Draw(t, "deadline"))
		}
		calls := 0
		for to := int64(half); ; calls++ {
			if left, _ := l.advance(to, 1); !left {
				break
			}
		}
		if most := ledgerIDs * levels; calls > most || len(l.fired) != ledgerIDs {
			t.Fatalf("%d calls fired %d ids, at most %d calls should fire %d",
				calls, len(l.fired), most, ledgerIDs)
		}
	})
}
