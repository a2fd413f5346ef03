package shard

import "testing"

// The tests of this file stand in windows of a few instructions that two
// goroutines would have to meet in: one does by hand the first half of what it
// does, the other all of its own, and then comes the second half.

// lingering returns a lease that lingers but whose id its last user, who has set
// the mark, has not filed yet.
func lingering(t *testing.T, ls *Leases) (uint32, *Lease) {
	t.Helper()
	id, l := born(t, ls, 0, 0)
	l.word.Store(l.word.Load()&^(userMask|watchedMark) | filedMark)
	return id, l
}

// TestPurgeBeforeFile purges a lease between its last put and the filing: the
// id must not come into the wheel, since the slot will be another lease's.
func TestPurgeBeforeFile(t *testing.T) {
	ls := newLeases(newRig(), 1, 8)
	id, l := lingering(t, ls)
	if !ls.Purge(id, l) {
		t.Fatal("not purged")
	}
	ls.file(id, l)
	if n := ls.Filed(); n != 0 {
		t.Fatalf("%d dead leases are filed", n)
	}
}

// TestTouchBeforeJudgement touches a lease when the wheel has already let go of
// its id: the judge looks again, and files it for the new deadline.
func TestTouchBeforeJudgement(t *testing.T) {
	ls := newLeases(newRig(), 1, 8)
	id, l := lingering(t, ls)
	l.linger.Store(10 * int64(testTick))
	l.Touch(int64(testTick))
	h := &ls.wheels[0]
	h.reached = 1
	ls.judge(h, id)
	if _, live := l.Users(); !live || len(h.doomed) != 0 || !h.wheel.Filed(id) {
		t.Fatalf("live %v, %d doomed, filed %v", live, len(h.doomed), h.wheel.Filed(id))
	}
	h.wheel.Cancel(id)
	h.reached = 11
	if ls.judge(h, id); len(h.doomed) != 1 {
		t.Fatal("the lease outlives its new deadline")
	}
}

// TestJoinWhileLastReadsClock lets somebody join and leave between the last user's look
// at the clock and his going, so that the users are the same again: the lease must linger
// from when both are gone.
func TestJoinWhileLastReadsClock(t *testing.T) {
	for name, leave := range map[string]func(*Leases, uint32, *Lease, func() int64){
		"drop": (*Leases).Drop, "undo": (*Leases).Undo,
	} {
		ls := newLeases(newRig(), 1, 8)
		const linger, later = int64(testTick), 7 * int64(testTick)
		id, l := born(t, ls, linger, 0)
		l.Take(false)
		ls.Drop(id, l, at(0)) // not the first user's own word any more
		looks := []int64{later, 0}
		leave(ls, id, l, func() int64 {
			if len(looks) == 2 {
				l.Take(false)
				ls.Drop(id, l, func() int64 { t.Errorf("%s: not the last, and reads the clock", name); return 0 })
			}
			now := looks[len(looks)-1]
			looks = looks[:len(looks)-1]
			return now
		})
		if users, live := l.Users(); users != 0 || !live || ls.Filed() != 1 {
			t.Fatalf("%s: %d users, live %v, %d filed", name, users, live, ls.Filed())
		}
		if got := l.Expires(); got != later+linger {
			t.Errorf("%s: lingers to %d, want %d", name, got, later+linger)
		}
	}
}

// TestGrowthMeetsGrowth lets a shard grow while it grows. The chunk that comes
// second must not bury what the first has left.
func TestGrowthMeetsGrowth(t *testing.T) {
	r := newRig()
	inner, taken := false, 0
	var s *Slab[uint32]
	s = NewSlab[uint32](r.domain, r.arena, 1, 2*ChunkSlots, Kind{Grown: func(uint32, uint32) bool {
		if !inner {
			inner = true
			if _, ok := s.Alloc(0); ok {
				taken++
			}
		}
		return true
	}})
	taken += len(allocAll(t, s, 0))
	if want := s.Chunks()*ChunkSlots - 1; taken != want {
		t.Fatalf("%d slots served, want %d", taken, want)
	}
}
