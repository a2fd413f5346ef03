package shard

import (
	"math"
	"testing"
	"time"
)

const testTick = 10 * time.Millisecond

// newLeases returns leases whose deaths and burials nobody hears of.
func newLeases(r *rig, shards, limit int) *Leases {
	return NewLeases(r.domain, r.arena, shards, limit, testTick, 0, Hooks{
		Dead:      func(uint32, *Lease) {},
		Reclaimed: func(uint32, *Lease) {},
	})
}

// born returns a live lease with one user.
func born(t testing.TB, ls *Leases, linger, expires int64) (uint32, *Lease) {
	t.Helper()
	id, l, ok := ls.Alloc(0)
	if !ok {
		t.Fatal("no slot")
	}
	ls.Born(id, l, linger, expires)
	return id, l
}

// at is a clock that stands still.
func at(now int64) func() int64 { return func() int64 { return now } }

// bury ends a lease that has one user.
func bury(t testing.TB, ls *Leases, id uint32, l *Lease) {
	t.Helper()
	ls.Undo(id, l, at(0))
	if !ls.Purge(id, l) {
		t.Fatal("a lingering lease was not purged")
	}
}

// TestAbandon tells a lease that nobody but its creator has used from one that
// somebody has: joined and left, or touched.
func TestAbandon(t *testing.T) {
	uses := map[string]func(ls *Leases, id uint32, l *Lease){
		"join":          func(_ *Leases, _ uint32, l *Lease) { l.Take(false) },
		"join and drop": func(ls *Leases, id uint32, l *Lease) { l.Take(false); ls.Drop(id, l, at(0)) },
		"join and undo": func(ls *Leases, id uint32, l *Lease) { l.Take(false); ls.Undo(id, l, at(0)) },
		"touch":         func(ls *Leases, id uint32, l *Lease) { l.Touch(0) },
		"drop":          func(ls *Leases, id uint32, l *Lease) { ls.Drop(id, l, at(0)) },
	}
	for name, use := range uses {
		ls := newLeases(newRig(), 1, 8)
		id, l := born(t, ls, 1, 1)
		use(ls, id, l)
		if ls.Abandon(id, l) {
			t.Errorf("%s: abandoned", name)
		}
	}
	ls := newLeases(newRig(), 1, 8)
	id, l := born(t, ls, 1, 1)
	l.Raise(7, 7)
	if !ls.Abandon(id, l) || ls.Abandon(id, l) || ls.Purge(id, l) {
		t.Error("an unused lease was not abandoned once")
	}
}

// TestTake goes through what Take may find.
func TestTake(t *testing.T) {
	ls := newLeases(newRig(), 1, 8)
	id, l, _ := ls.Alloc(0)
	want := func(got, want Fate, users int, live bool) {
		t.Helper()
		if u, on := l.Users(); got != want || u != users || on != live {
			t.Fatalf("fate %d with %d users, live %v; want %d with %d, %v", got, u, on, want, users, live)
		}
	}
	want(l.Take(true), Gone, 0, false) // free
	ls.Born(id, l, 1, 1)
	want(l.Take(false), Taken, 2, true)
	ls.Drop(id, l, at(0))
	ls.Drop(id, l, at(0))
	want(l.Take(false), Lingering, 0, true)
	want(l.Take(true), Taken, 1, true)
	ls.Undo(id, l, at(0))
	if ls.Abandon(id, l) || !ls.Purge(id, l) || ls.Purge(id, l) {
		t.Fatal("not purged once")
	}
	want(l.Take(true), Gone, 0, false)
}

// TestMark looks at the mark that says that nobody else has used the lease: it comes with
// a birth and a revival, every use takes it away, and the wheel lets it be.
func TestMark(t *testing.T) {
	ls := newLeases(newRig(), 1, 8)
	id, l := born(t, ls, 1, 1)
	h := &ls.wheels[0]
	for _, step := range []struct {
		name string
		do   func()
		want bool
	}{
		{"birth", func() {}, true},
		{"join", func() { l.Take(false) }, false},
		{"leave", func() { ls.Drop(id, l, at(0)) }, false},
		{"leave as the last", func() { ls.Drop(id, l, at(0)) }, false},
		{"revive", func() { l.Take(true) }, true},
		{"let the wheel come", func() { ls.Expire(0, int64(time.Hour), budgetOf(1)) }, true},
		{"leave at once", func() { ls.Drop(id, l, at(0)) }, false},
		{"revive again", func() { l.Take(true) }, true},
		{"touch", func() { l.Touch(0) }, false},
		{"undo", func() { ls.Undo(id, l, at(0)) }, false},
		{"find due", func() { h.reached = 0; l.expires.Store(1 << 40); ls.judge(h, id) }, true},
		{"revive when found", func() { l.Take(true) }, true},
		{"join the reviver", func() { l.Take(true) }, false},
	} {
		if step.do(); l.word.Load()&watchedMark != 0 != step.want {
			t.Fatalf("after %s: watched %v", step.name, !step.want)
		}
	}
}

// TestCrowded fills the field of users: one more is refused and changes nothing,
// and all of them can leave.
func TestCrowded(t *testing.T) {
	ls := newLeases(newRig(), 1, 8)
	id, l := born(t, ls, 5, 5)
	l.word.Store(l.word.Load() + (MaxUsers-2)<<userShift)
	if got := l.Take(false); got != Taken {
		t.Fatalf("the last user: fate %d", got)
	}
	full := l.word.Load()
	if got := l.Take(true); got != Crowded || l.word.Load() != full {
		t.Fatalf("one too many: fate %d, word %#x, was %#x", got, l.word.Load(), full)
	}
	if users, live := l.Users(); users != MaxUsers || !live {
		t.Fatalf("%d users, live %v", users, live)
	}
	ls.Drop(id, l, at(0))
	l.word.Store(l.word.Load() - (MaxUsers-2)<<userShift)
	ls.Drop(id, l, at(0))
	if users, live := l.Users(); users != 0 || !live || ls.Filed() != 1 {
		t.Fatalf("%d users, live %v, %d filed", users, live, ls.Filed())
	}
}

// TestLeaseGenerations takes a slot to the end of its generations. The last one
// serves to the end, and then the slot never again.
func TestLeaseGenerations(t *testing.T) {
	r := newRig()
	ls := newLeases(r, 1, 1)
	id, l := born(t, ls, 1, 1)
	const last = math.MaxUint32 - 1
	l.word.Store(l.word.Load() | (last-1)<<generationShift)
	bury(t, ls, id, l)
	r.drain(t, 1, ls)
	if got := l.word.Load(); got != last<<generationShift || ls.Usage().Lost != 0 {
		t.Fatalf("word %#x, %+v", got, ls.Usage())
	}
	again, _ := born(t, ls, 1, 1)
	if again != id {
		t.Fatalf("slot %d, want %d", again, id)
	}
	bury(t, ls, id, l)
	r.drain(t, 1, ls)
	if u := ls.Usage(); u.Lost != 1 || u.Slots != 0 {
		t.Fatalf("%+v", u)
	}
	for _, other := range allocAll(t, ls.slab, 0) {
		if other == id {
			t.Fatal("the worn slot was handed out")
		}
	}
}

// TestReused tells slots that had held a lease before.
func TestReused(t *testing.T) {
	r := newRig()
	ls := newLeases(r, 1, 8)
	for i := range 5 {
		id, l := born(t, ls, 1, 1)
		if l.Reused() != (i > 0) {
			t.Fatalf("lease %d: reused %v", i, l.Reused())
		}
		bury(t, ls, id, l)
		r.drain(t, 1, ls)
	}
	id, l, _ := ls.Alloc(0)
	ls.Born(id, l, 1, 1)
	ls.Unborn(id, l)
	if u := ls.Usage(); u.Slots != 0 || ls.Filed() != 0 {
		t.Fatalf("%+v and %d filed after Unborn", u, ls.Filed())
	}
	if users, live := l.Users(); users != 0 || live {
		t.Fatalf("%d users, live %v after Unborn", users, live)
	}
}

// TestExpireOneAtATime checks that whoever meets another at a shard's wheel goes
// away: the burial of the first calls the second.
func TestExpireOneAtATime(t *testing.T) {
	r := newRig()
	deaths := 0
	var ls *Leases
	ls = NewLeases(r.domain, r.arena, 1, 8, testTick, 0, Hooks{
		Dead: func(uint32, *Lease) {
			deaths++
			if n, more := ls.Expire(0, int64(time.Hour), budgetOf(math.MaxInt)); n != 0 || more {
				t.Errorf("a second one at work: %d, %v", n, more)
			}
		},
		Reclaimed: func(uint32, *Lease) {},
	})
	for range 2 {
		id, l := born(t, ls, 1, 1)
		ls.Drop(id, l, at(0))
	}
	if n, more := ls.Expire(0, int64(time.Minute), budgetOf(math.MaxInt)); n != 2 || more || deaths != 2 {
		t.Fatalf("%d buried, %d deaths, more: %v", n, deaths, more)
	}
	if ls.Expired() != 2 {
		t.Fatalf("%d expired", ls.Expired())
	}
}

// TestExpireInSteps buries more leases than one hold of the lock may, on small
// budgets: all die, in the order of budgets, and the answer says when all have.
func TestExpireInSteps(t *testing.T) {
	for _, budget := range []int{0, 1, burst - 1, burst, burst + 1, math.MaxInt} {
		r := newRig()
		ls := newLeases(r, 1, 3*burst)
		for range 3 * burst {
			id, l := born(t, ls, 1, 1)
			ls.Drop(id, l, at(0))
		}
		buried, calls := 0, 0
		for more := true; more; calls++ {
			var n int
			n, more = ls.Expire(0, int64(testTick), budgetOf(budget))
			if n > max(budget, 1) {
				t.Fatalf("%d buried on a budget of %d", n, budget)
			}
			buried += n
		}
		if buried != 3*burst || ls.Filed() != 0 || calls > 3*burst+1 {
			t.Fatalf("budget %d: %d buried in %d calls, %d filed", budget, buried, calls, ls.Filed())
		}
	}
}
