// Package timerwheel says when deadlines have come: a hierarchical timer wheel
// over small numbers, for programs that have a million deadlines, most of which
// are moved or cancelled before they come.
//
// # Terms
//
// A tick is the unit of time, as long as the caller likes; ticks are counted
// modulo 2^32, and of two ticks the later one is the one less than 2^31 ahead. An
// id is a number from 1 to [MaxID] that stands for something of the caller's. A
// [Node] holds the deadline of an id, the first tick at which the id may fire,
// and two links. To file an id is to put it into the wheel by its deadline; to
// fire it is to take it out because the deadline has come, and to call back. The
// owner is whoever may call the wheel at the moment, by the caller's own lock.
//
// # What is promised
//
//   - An id never fires before its deadline. It fires in the first [Wheel.Advance]
//     that is given its deadline's tick or a later one and has the budget for it.
//     Who turns a time into a tick by rounding up is at most one tick late, plus
//     the wait until the next Advance, plus the backlog that Advance reports.
//   - File, Cancel and Advance do not allocate. A wheel has no goroutine, no
//     clock and, but for the directory of pages, no pointer.
//   - A filed id is in the wheel until it fires or is cancelled, whatever a
//     callback does, a panic included, and it fires once.
//
// # How it works
//
// There are six levels of 64 slots. A slot is a list of ids; on level 0 it is
// one tick wide, and on each further level 64 times as wide:
//
//	level  slot width in ticks  reaches ahead, with ticks of 10 ms
//	0                        1  0.64 s
//	1                       64  41 s
//	2                    4,096  44 min
//	3                  262,144  47 h
//	4               16,777,216  124 days
//	5            1,073,741,824  248 days, half of the counter
//
// Take tick and deadline as numbers with digits of six bits. An id is filed on
// the level of the highest digit in which its deadline differs from the tick
// that the wheel has reached, in the slot that the deadline has in that digit.
// From this follows all that the code relies on:
//
//  1. A filed id's slot begins after the tick reached and not after the deadline.
//  2. On a level below the top, occupied slots lie above the tick's own digit: a
//     slot never holds ids of two rounds. On the top level, slots go round, but
//     deadlines lie within half of a round.
//  3. All ids of a level come due before those of the levels above. So the lowest
//     occupied level's first occupied slot is the next thing to happen, and
//     nothing else begins at the same tick.
//  4. Rules 1 to 3 still hold when the wheel moves to any tick before that slot,
//     so time can jump there at once. One word a level says which slots are
//     occupied; empty slots are never visited.
//
// When the wheel reaches a slot, the whole list becomes the list of due ids, by
// changing its ends. Advance takes ids from the front of that list's lanes: an id
// whose deadline has come fires, and any other is filed again, as seen from
// the tick now reached, so on a lower level. That one loop does all of it: firing,
// moving down (each id at most once a level) and filing again what was extended.
// What the budget cuts off stays in the list, so that place is never lost.
//
// An id filed when its deadline has come goes into a list of its own, which the
// next Advance takes first.
//
// A list is four chains, its lanes, and ids go to them in turn. Who follows a chain of
// ids in random order waits for memory at each; Advance follows four side by side.
//
// # Who may touch what
//
// All methods of [Wheel] and the links of nodes belong to the owner. A deadline
// is atomic: anybody may raise it with [Node.Extend], at the cost of one CAS,
// and no lock. The wheel finds the id at its old place, sees the later deadline
// and files it again. That makes the commonest thing, using something once more
// before it ends, cost the wheel at most one move a period.
//
// # Sources
//
// G. Varghese, T. Lauck: Hashed and Hierarchical Timing Wheels, SOSP 1987,
// scheme 7. Differences: a level is chosen by the digits in which two ticks
// differ and not by their distance, which keeps rounds apart and needs no
// hands; time goes from one occupied slot to the next by bitmaps and not tick
// by tick; moving down is bounded by a budget together with firing; deadlines
// can be raised from outside.
package timerwheel
