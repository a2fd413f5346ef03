package shard

import "github.com/flowlabel/flowlabel/timerwheel"

// Drop gives up a user, as a release does: the lease lasts at least its linger from here.
// The last user leaves the lease lingering; nobody else reads the clock.
func (ls *Leases) Drop(id uint32, l *Lease, clock func() int64) { ls.leave(id, l, clock, true) }

// Undo gives up a user taken a moment ago as if it had never been taken: should it be the
// last, and nobody else have taken a user or touched the lease meanwhile, the lease lingers
// to the deadline that earlier releases have promised. If somebody has, it lingers from now:
// he may have used it.
func (ls *Leases) Undo(id uint32, l *Lease, clock func() int64) { ls.leave(id, l, clock, false) }

// leave takes a user away. The last one raises the deadline for all who left before, if
// one of them may have used the lease: that is said by used for the caller himself, and by
// the missing mark for others.
//
// The clock is read while the mark stands. Others may come and go before the CAS, and the
// word be the same again but for the mark, which the CAS would not find then: their linger
// begins later than at that reading.
func (ls *Leases) leave(id uint32, l *Lease, clock func() int64, used bool) {
	for {
		w := l.word.Load()
		if w&userMask != userOne {
			if l.word.CompareAndSwap(w, w-userOne) { // with others there is no mark
				return
			}
			continue
		}
		if w&watchedMark == 0 {
			used = true
			if !l.word.CompareAndSwap(w, w|watchedMark) {
				continue
			}
			w |= watchedMark
		}
		if used {
			raise(&l.expires, clock()+l.linger.Load())
		}
		if l.word.CompareAndSwap(w, (w-userOne)&^watchedMark|filedMark) {
			if w&filedMark == 0 {
				ls.file(id, l)
			}
			return
		}
	}
}

// Touch counts as a use, at time now, by somebody who holds no user: it pushes the end of
// a linger back to now + linger. While the lease has users that is left to the last one.
//
// Expiry and the last user set the mark and then read the time that matters, the deadline
// or the clock. If the mark is not set here, that reading comes later; if it is, clearing it
// makes their CAS fail. A creator and a reviver, who have it from the beginning, learn by
// its absence that they may not take back what they did.
func (l *Lease) Touch(now int64) {
	for raised := false; ; {
		w := l.word.Load()
		switch {
		case w&phaseMask != phaseLive:
			return
		case w&userMask == 0 && !raised:
			raise(&l.expires, now+l.linger.Load())
			raised = true
		case w&watchedMark == 0 || l.word.CompareAndSwap(w, w&^watchedMark):
			return
		}
	}
}

// file puts a lease whose filed mark the caller has just set into its wheel.
func (ls *Leases) file(id uint32, l *Lease) {
	tick := ls.ticks(l.expires.Load())
	w := &ls.wheels[ls.slab.Owner(id)]
	w.mu.Lock()
	// A purge may have come first. It cancels under this lock, so a dead lease
	// must not be filed after it: the id would outlive the slot.
	if l.word.Load()&phaseMask == phaseLive {
		w.file(id, ls.node(id), tick)
	}
	w.mu.Unlock()
	if ls.hooks.Ring != nil {
		ls.hooks.Ring(uint32(tick))
	}
}

// farthest is how many ticks ahead of its wheel an id is filed at most.
const farthest = 1 << 30

// file puts an id that is not in the wheel there. Its caller holds mu.
func (h *wheelHome) file(id uint32, n *timerwheel.Node, tick int64) {
	n.Reset(uint32(min(tick, h.reached+farthest))) // beyond, it is found early and filed again
	h.wheel.File(id)
}

// Purge ends a lease that lingers, whatever its deadline, and buries it. It
// returns false when the lease has users or is dead already.
func (ls *Leases) Purge(id uint32, l *Lease) bool {
	return ls.kill(id, l, 0, 0)
}

// Abandon takes back a lease that its creator has published and nobody else
// has ever used: it dies at once. It returns false when somebody has; then the
// creator's user is still to be dropped.
//
// That the creator is the only user now would not do: somebody may have joined
// and left, and was promised a linger. A lease is born watched, and nobody else can set
// the mark while the creator holds the user that he has had since: so the mark beside it
// tells.
func (ls *Leases) Abandon(id uint32, l *Lease) bool {
	return ls.kill(id, l, userOne, watchedMark)
}

// kill makes a live lease dead that has those users and at least those marks.
func (ls *Leases) kill(id uint32, l *Lease, users, marks uint64) bool {
	for {
		w := l.word.Load()
		if w&phaseMask != phaseLive || w&userMask != users || w&marks != marks {
			return false
		}
		if l.word.CompareAndSwap(w, w>>generationShift<<generationShift|phaseDead) {
			break
		}
	}
	h := &ls.wheels[ls.slab.Owner(id)]
	h.mu.Lock()
	h.wheel.Cancel(id)
	h.mu.Unlock()
	// Once for each death, by the one who made the lease dead; so in Expire, too.
	ls.hooks.Dead(id, l)
	ls.slab.Retire(id)
	return true
}

// Expire buries the leases of a shard whose deadline has come by now. It works
// on at most *budget ids (at least one), which it takes off, and returns how many leases it
// buried and whether it left some. When another goroutine is at the same shard
// it leaves the work to it. Its caller is inside a section.
func (ls *Leases) Expire(shard uint32, now int64, budget *int) (buried int, more bool) {
	h := &ls.wheels[shard]
	if !h.advancing.CompareAndSwap(false, true) {
		return 0, false
	}
	defer h.advancing.Store(false)
	for {
		more = ls.advance(h, now/ls.tick, budget)
		ls.allDead(h.doomed)
		ls.slab.RetireAll(h.doomed) // all are the shard's own
		buried += len(h.doomed)
		h.doomed = h.doomed[:0]
		if !more || *budget <= 0 {
			ls.expired.Add(int64(buried))
			return buried, more
		}
	}
}

// allDead tells the layer above of leases that have just died.
func (ls *Leases) allDead(ids []uint32) {
	if ls.hooks.AllDead != nil {
		ls.hooks.AllDead(ids)
		return
	}
	for _, id := range ids {
		ls.hooks.Dead(id, ls.slab.At(id))
	}
}

// advance sends a wheel on to tick, and says whether it has not got there yet.
// It never sends it back: another call may have read the clock later. It goes
// in steps that a wheel can tell from steps back, should nobody have come for
// long. It asks memory for all leases that the wheel has come to before it looks at one.
func (ls *Leases) advance(h *wheelHome, tick int64, budget *int) (more bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.left {
		h.reached = min(max(tick, h.reached), h.reached+farthest)
	}
	step := max(min(*budget, burst), 1)
	h.left = h.wheel.Advance(uint32(h.reached), step, func(id uint32) { h.due = append(h.due, id) })
	ls.slots.fetch(h.due)
	for _, id := range h.due {
		ls.judge(h, id)
	}
	work := len(h.due)
	h.due = h.due[:0]
	if h.left {
		work = step // ids that moved down a level count, too
	}
	*budget -= work
	return h.left || h.reached < tick
}

// judge decides about an id that the wheel has come to and let go, under the wheel's
// lock: it is dropped if it has users, filed again if its deadline has moved, and
// doomed otherwise.
func (ls *Leases) judge(h *wheelHome, id uint32) {
	l := ls.slab.At(id)
	for {
		w := l.word.Load()
		if w&phaseMask != phaseLive {
			return // a purge was faster and buries it
		}
		if w&userMask != 0 {
			if l.word.CompareAndSwap(w, w&^filedMark) {
				return
			}
			continue
		}
		watched := w | watchedMark
		if !l.word.CompareAndSwap(w, watched) {
			continue
		}
		if tick := ls.ticks(l.expires.Load()); tick > h.reached {
			h.file(id, ls.node(id), tick) // still filed
			return
		}
		if l.word.CompareAndSwap(watched, w>>generationShift<<generationShift|phaseDead) {
			h.doomed = append(h.doomed, id)
			return
		}
	}
}

// Next returns the tick before which no deadline of a shard comes, as time on
// the engine's clock relative to the tick that now is in, and false when
// nothing is filed there.
func (ls *Leases) Next(shard uint32, now int64) (at int64, ok bool) {
	h := &ls.wheels[shard]
	h.mu.Lock()
	defer h.mu.Unlock()
	tick, ok := h.wheel.NextDeadline()
	if !ok {
		return 0, false
	}
	return (h.reached + int64(int32(tick-uint32(h.reached)))) * ls.tick, true
}

// Filed says how many ids are in the wheels.
func (ls *Leases) Filed() int {
	n := 0
	for i := range ls.wheels {
		h := &ls.wheels[i]
		h.mu.Lock()
		n += h.wheel.Len()
		h.mu.Unlock()
	}
	return n
}
