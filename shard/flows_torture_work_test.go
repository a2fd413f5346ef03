package shard

import (
	"math/rand/v2"
	"runtime"
)

// What the goroutines of a torture of flows do.

// key draws one, a hot one half of the time.
func (w *flowTorture) key(rng *rand.Rand) int {
	if rng.IntN(2) == 0 {
		return rng.IntN(tortureHotKeys)
	}
	return rng.IntN(tortureKeys)
}

// dwell gives others time, a little or much.
func dwell(rng *rand.Rand) {
	switch n := rng.IntN(64); {
	case n == 0:
		runtime.Gosched()
	case n < 8:
		for range rng.IntN(2000) {
			_ = rng.Uint32()
		}
	}
}

// look is what was known of a key before it was looked up.
type look struct {
	*truth
	ended bool
}

func (w *flowTorture) look(i int) look {
	t := w.truths[i].Load()
	return look{t, t.owner == nil || t.owner.ended.Load()}
}

// judge says whether a lookup of key i may have come to that socket.
func (w *flowTorture) judge(i int, before look, got Handle) {
	if got == 0 {
		w.missed.Add(1)
		if w.truths[i].Load() == before.truth && !before.changing && before.owner != nil && !before.owner.shutting.Load() {
			w.wrong("key %d is bound, and was not found", i)
		}
		return
	}
	w.found.Add(1)
	if w.truths[i].Load() != before.truth || before.changing {
		return
	}
	if o := before.owner; before.ended {
		w.wrong("key %d was found, and no socket has it", i)
	} else if got != NewHandle(o.id, o.generation) {
		w.wrong("key %d was found with socket %#x, and is bound to %#x", i, got, NewHandle(o.id, o.generation))
	}
}

// watch looks for a key's bucket, as a lookup does, dwells on it and looks again: as
// long as the entry is the same, the slot must not have been reclaimed.
func (w *flowTorture) watch(rng *rand.Rand, i int) {
	slot := w.flows.slotOf(&w.keys[i])
	if slot == 0 {
		return
	}
	age := w.ages[slot].Load()
	if w.flows.slotOf(&w.keys[i]) != slot {
		return // it may have been reclaimed before the age was read
	}
	dwell(rng)
	if w.ages[slot].Load() != age {
		w.wrong("slot %d was reclaimed in a section that had found it", slot)
	}
}

// readOne finds keys one by one, as packets do.
func (w *flowTorture) readOne(rng *rand.Rand) {
	r := w.domain.Register("torture")
	defer r.Close()
	const finds = 100
	defer w.operations.Add(finds - 1) // the whole counts as one already
	for range finds {
		r.Enter()
		i := w.key(rng)
		before := w.look(i)
		w.judge(i, before, w.flows.Find(&w.keys[i]))
		w.watch(rng, i)
		r.Exit()
	}
}

// readBurst finds keys in bursts.
func (w *flowTorture) readBurst(rng *rand.Rand) {
	var (
		which  [Burst + 8]int
		keys   [Burst + 8]Key
		found  [Burst + 8]Handle
		before [Burst + 8]look
	)
	r := w.domain.Borrow()
	defer w.domain.Return(r)
	for n := range which {
		which[n] = w.key(rng)
		keys[n], before[n] = w.keys[which[n]], w.look(which[n])
	}
	w.flows.FindBurst(keys[:], found[:])
	for n, i := range which {
		w.judge(i, before[n], found[n])
	}
}

// readLate is a reader that takes long on its way: between the directory and the
// segment, and between the steps of a burst.
func (w *flowTorture) readLate(rng *rand.Rand) {
	r := w.domain.Borrow()
	defer w.domain.Return(r)
	i := w.key(rng)
	before := w.look(i)
	d := w.flows.dir.Load()
	h := d.hash(&w.keys[i])
	run := d.word(h).run()
	got := Handle(0)
	if rng.IntN(2) == 0 {
		dwell(rng)
		got = w.flows.search(run, h, &w.keys[i])
	} else {
		var l FlowLookups
		one := w.keys[i : i+1]
		l.Begin(w.flows, one[0].namespace(), false)
		for _, stage := range []func(){
			func() { l.Hash(one, 0) },
			func() { l.Touch(one, 0) },
			func() { l.Compare(one, 0) },
		} {
			dwell(rng)
			stage()
		}
		got = l.Sockets[0]
	}
	w.judge(i, before, got)
}

// write does one thing to one flow, to a socket or to the table.
func (w *flowTorture) write(rng *rand.Rand) {
	defer w.enterAlone()()
	r := w.domain.Borrow()
	defer w.domain.Return(r)
	i, at := w.key(rng), rng.Uint32N(tortureShards)
	switch n := rng.IntN(400); {
	case n < 240:
		w.bind(rng, i, at)
	case n < 360:
		w.unbind(rng, i)
	case n < 364:
		w.open(rng.IntN(tortureSockets))
	case n < 370:
		if g, ok := w.flows.hold(&w.keys[i]); ok {
			g.lock.Unlock()
			if g.word.depth() < w.flows.maxBits && w.flows.split(g, at) {
				w.splits.Add(1)
			}
		}
	case n < 372:
		if w.flows.reseed(w.flows.dir.Load(), at) {
			w.seeds.Add(1)
		}
	default:
		w.collect()
	}
}

// bind makes a key a socket's, if nobody else is busy with it.
func (w *flowTorture) bind(rng *rand.Rand, i int, at uint32) {
	if !w.turns[i].TryLock() {
		return
	}
	defer w.turns[i].Unlock()
	before := w.look(i)
	after := &truth{owner: before.owner}
	w.truths[i].Store(&truth{changing: true, owner: before.owner})
	defer func() { w.truths[i].Store(after) }()
	o := w.handles[rng.IntN(tortureSockets)].Load()
	switch w.bindTo(rng, &w.keys[i], o, at) {
	case Bound:
		if before.owner != nil && !before.owner.shutting.Load() {
			w.wrong("key %d is bound twice", i)
		}
		after.owner = o
		w.bound.Add(1)
	case FlowHeld:
		if before.ended {
			w.wrong("key %d is held by nobody", i)
		}
		w.refusals.Add(1)
	case FlowClosed:
		if !o.shutting.Load() {
			w.wrong("an open socket is closed to key %d", i)
		}
		w.refusals.Add(1)
	default: // all slots wait
		runtime.Gosched()
	}
}

// bindTo is Bind, or what it would be without the second look at the socket.
func (w *flowTorture) bindTo(rng *rand.Rand, k *Key, o *owner, at uint32) Binding {
	if w.fault != faultNoSecondLook {
		return w.flows.Bind(k, o.id, o.slot, o.generation, at)
	}
	slot, ok := w.flows.slab.Alloc(at)
	if !ok {
		return FlowsFull
	}
	fl := w.flows.At(slot)
	fl.bucket.Store(0)
	fl.Socket = NewHandle(o.id, o.generation)
	if !w.flows.link(slot, fl, o.slot) {
		w.flows.slab.Release(slot)
		return FlowClosed
	}
	dwell(rng)
	b := w.flows.insert(slot, fl, k, at)
	if b != Bound {
		w.flows.unlink(fl, o.slot)
		w.flows.slab.Retire(slot)
	}
	return b
}

// unbind ends the flow of a key, or tries to in another socket's name.
func (w *flowTorture) unbind(rng *rand.Rand, i int) {
	if !w.turns[i].TryLock() {
		return
	}
	defer w.turns[i].Unlock()
	before := w.look(i)
	after := &truth{owner: before.owner}
	w.truths[i].Store(&truth{changing: true, owner: before.owner})
	defer func() { w.truths[i].Store(after) }()
	o := before.owner
	if o == nil || rng.IntN(8) == 0 {
		o = w.handles[rng.IntN(tortureSockets)].Load()
	}
	switch ok := w.flows.Unbind(&w.keys[i], o.id, o.generation); {
	case ok && (o != before.owner || before.ended):
		w.wrong("key %d is unbound by a socket that does not have it", i)
	case !ok && o == before.owner && !o.shutting.Load():
		w.wrong("key %d is not unbound by its socket", i)
	case ok:
		after.owner = nil
		w.unbound.Add(1)
	}
}

// open makes a socket and shows it to everybody in the place of another, which
// it ends.
func (w *flowTorture) open(i int) {
	id, s, generation, ok := w.sockets.Alloc(uint32(i) % tortureShards)
	if !ok {
		return // all wait for a grace period
	}
	s.Opened(false)
	w.end(w.handles[i].Swap(&owner{id: id, generation: generation, slot: s}))
}

func (w *flowTorture) end(o *owner) {
	if o == nil {
		return // the first socket of this place has no predecessor
	}
	o.shutting.Store(true)
	if w.sockets.Shut(o.slot, o.generation, func(Entry) {}) {
		w.ended.Add(int64(w.flows.UnbindAll(o.slot)))
		o.ended.Store(true)
		w.sockets.Retire(o.id)
	}
}
