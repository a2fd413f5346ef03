package shard

import (
	"math/rand/v2"
	"runtime"
)

// What the goroutines of a torture do.

// hotLabel draws from a few labels on a few pages, so that pages come and go.
func hotLabel(rng *rand.Rand) uint32 {
	n := rng.Uint32N(tortureLabels)
	return n%3*pageCells + 1 + n/3
}

func (w *torture) handle(i int) (s *Socket, generation uint32) {
	h := w.handles[i].Load()
	return w.sockets.At(uint32(h)), uint32(h >> 32)
}

// watch looks at a lease that was just found with a label, dwells on it and
// looks again, in a section.
func (w *torture) watch(rng *rand.Rand, id, label uint32) {
	l, a := w.leases.At(id), &w.ages[id]
	life, word := a.life.Load(), l.word.Load()
	for range 1 + rng.IntN(3) {
		switch n := rng.IntN(512); {
		case n == 0:
			runtime.Gosched()
		case n < 32:
			for range rng.IntN(500) {
				if a.life.Load() != life {
					break
				}
			}
		}
		after := l.word.Load()
		switch {
		case life%lifeOne != uint64(label):
			w.wrong("a lease of label %#x was found by label %#x", life%lifeOne, label)
		case a.life.Load() != life || after>>generationShift != word>>generationShift:
			w.wrong("lease %d was reclaimed in a section that had found it", id)
		case after&phaseMask == phaseFree:
			w.wrong("lease %d became free in a section that had found it", id)
		case w.fault == faultNone && l.Label != label:
			w.wrong("lease %d has label %#x, want %#x", id, l.Label, label)
		}
	}
}

// readLists finds labels on sockets' lists, as packets do.
func (w *torture) readLists(rng *rand.Rand) {
	r := w.domain.Register("torture")
	defer r.Close()
	const finds = 100
	defer w.operations.Add(finds - 1) // the whole counts as one already
	for range finds {
		r.Enter()
		s, generation := w.handle(rng.IntN(tortureSockets))
		label := hotLabel(rng)
		if e, ok := w.sockets.Find(s, generation, label); ok && e != 0 {
			if e.Label() != label {
				w.wrong("Find of label %#x: %#x", label, e.Label())
			}
			w.watch(rng, e.Lease(), label)
			w.found.Add(1)
		}
		r.Exit()
	}
}

// readIndex finds labels in the index.
func (w *torture) readIndex(rng *rand.Rand) {
	r := w.domain.Borrow()
	defer w.domain.Return(r)
	label := hotLabel(rng)
	if id := w.index.Lookup(label); id != 0 {
		w.watch(rng, id, label)
		w.seen.Add(1)
	}
}

// write does one thing to one label or socket.
func (w *torture) write(rng *rand.Rand) {
	r := w.domain.Borrow()
	defer func() { w.domain.Return(r) }()
	label, i, at := hotLabel(rng), rng.IntN(tortureSockets), rng.Uint32N(tortureShards)
	switch n := rng.IntN(100); {
	case n < 30:
		w.get(rng, i, label, at)
	case n < 80:
		s, generation := w.handle(i)
		if w.fault == faultDropFirst {
			if e, _ := w.sockets.Find(s, generation, label); e != 0 {
				w.drop(e.Lease())
				w.domain.Return(r) // so that the wrong order is seen outside too
				w.drive()
				r = w.domain.Borrow()
			}
			w.sockets.Remove(s, generation, label)
		} else if e, _ := w.sockets.Remove(s, generation, label); e != 0 {
			w.drop(e.Lease())
		}
	case n < 82:
		if id := w.index.Lookup(label); id != 0 {
			w.purge(id)
		}
	case n < 92:
		w.drive()
	case n < 96:
		if id := w.index.Lookup(label); id != 0 {
			w.leases.At(id).Touch(w.now.Load())
		}
	default:
		w.open(i)
	}
}

// get joins or makes the lease of a label and puts it on a socket's list.
func (w *torture) get(rng *rand.Rand, i int, label, at uint32) {
	linger := rng.Int64N(longestLinger)
	for {
		id := w.index.Lookup(label)
		if id != 0 {
			switch l := w.leases.At(id); l.Take(true) {
			case Taken:
				if !w.publish(i, id, label, at, linger) {
					w.leases.Undo(id, l, w.now.Load)
				}
				return
			case Lingering, Crowded:
				w.wrong("lease %d is neither taken nor gone", id)
			}
		}
		if w.create(i, label, id, at, linger) {
			return
		}
	}
}

// create makes a lease where the dead one stands, or none. It returns false when
// somebody else was faster.
func (w *torture) create(i int, label, dead, at uint32, linger int64) bool {
	id, l, ok := w.leases.Alloc(at)
	if !ok {
		runtime.Gosched() // all wait for a grace period
		return true
	}
	w.quota.Add(1)
	if l.Reused() {
		w.reused.Add(1)
	}
	a := &w.ages[id]
	if life := a.life.Load(); life%lifeOne != 0 {
		w.wrong("slot %d, still in use, was handed out", id)
	}
	a.life.Add(uint64(label))
	a.promised.Store(0)
	l.Label = label
	w.leases.Born(id, l, linger, 0)
	holds, ok := w.index.Claim(label, dead, cellOf(id), at)
	if !ok || holds != id {
		w.freed(id)
		w.leases.Unborn(id, l)
		w.quota.Add(-1)
		return !ok
	}
	switch {
	case w.publish(i, id, label, at, linger):
	case w.fault == faultNoWait:
		w.freed(id)
		w.leases.Unborn(id, l)
	case !w.leases.Abandon(id, l):
		w.leases.Undo(id, l, w.now.Load)
	}
	return true
}

func (w *torture) publish(i int, id, label, at uint32, linger int64) bool {
	s, generation := w.handle(i)
	e := NewEntry(id, label, false)
	return w.sockets.Publish(s, generation, at, e, w.leases.At(id), linger, 0) == Published
}

// drop gives up a user and notes what linger that promises. The lease cannot die
// before the user is gone.
func (w *torture) drop(id uint32) {
	l, now := w.leases.At(id), w.now.Load()
	raise(&w.ages[id].promised, now+l.Linger())
	w.leases.Drop(id, l, w.now.Load)
}

// purge ends a lease that lingers, which may well be before its linger ends.
func (w *torture) purge(id uint32) {
	if w.leases.Purge(id, w.leases.At(id)) {
		w.ages[id].early.Store(false) // not reclaimed before this section ends
	}
}

// open makes a socket and shows it to everybody in the place of another, which
// it closes.
func (w *torture) open(i int) {
	id, s, generation, ok := w.sockets.Alloc(uint32(i) % tortureShards)
	if !ok {
		return // all wait for a grace period
	}
	s.Opened(false)
	w.retire(w.handles[i].Swap(uint64(generation)<<32 | uint64(id)))
}

// shut closes a socket and shows no other.
func (w *torture) shut(i int) { w.retire(w.handles[i].Load()) }

func (w *torture) retire(handle uint64) {
	if handle == 0 {
		return // the first socket of this place has no predecessor
	}
	id := uint32(handle)
	if w.sockets.Shut(w.sockets.At(id), uint32(handle>>32), func(e Entry) { w.drop(e.Lease()) }) {
		w.sockets.Retire(id)
	}
}
