package shard

import (
	"math/bits"
	"slices"
)

// split builds a full segment anew as two, unless somebody else has changed it. It
// returns false when there is no memory.
func (f *Flows) split(g held, shard uint32) bool {
	runs, ok := f.allocRuns(2, shard)
	if !ok {
		return false
	}
	old := g.word
	g, ok = f.holdWord(g.dir, g.h, old)
	if !ok {
		f.releaseRuns(runs)
		return true
	}
	f.halve(g.segment, g.dir, old.depth(), [2]uint32(runs))
	f.publish(g, [2]uint32(runs))
	g.lock.Unlock()
	f.segments.Retire(old.run())
	return true
}

// publish makes the directory name two runs instead of segment g, whose lock its
// caller holds. So no other changes those words; but others change others.
func (f *Flows) publish(g held, runs [2]uint32) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.dir.Store(f.dir.Load().halved(g.h, g.word.depth(), runs))
	f.moved(runs[0])
	f.moved(runs[1])
}

// moved tells the flows of a segment that just came to be found where they stand.
// Its caller holds mu, so that this does not come after the same for a segment
// which that was split into.
func (f *Flows) moved(run uint32) {
	g := segment(f.segments.Run(run))
	for i := range g {
		if slot := g[i].slot(); slot != 0 {
			f.At(slot).bucket.Store(run + uint32(i)) // see Flow
		}
	}
}

// halve puts the flows of segment g, of that depth, into the one or the other run,
// which are empty and nobody else's. They fit: since those come first that find
// their own bucket empty, no bucket needs more references than it had in g.
func (f *Flows) halve(g segment, d *directory, depth uint32, runs [2]uint32) {
	c := copying{d: d, to: func(h hashed) segment { return f.segments.Run(runs[uint64(h)<<depth>>63]) }}
	for _, c.displaced = range [...]bool{false, true} {
		c.all(g)
	}
}

// copying puts the flows of segments into others, which nobody else can see.
type copying struct {
	d         *directory
	to        func(hashed) segment
	split     func(hashed) bool // makes room in the segment for a hash; false if it cannot
	displaced bool              // the turn of flows that found their own bucket taken
}

// all copies the flows of a segment whose turn it is. It returns false when there
// is no room for one.
func (c *copying) all(g segment) bool {
	for i := range g {
		if g[i].slot() != 0 && !c.one(&g[i]) {
			return false
		}
	}
	return true
}

func (c *copying) one(l *line) bool {
	k := l.key()
	h := c.d.hash(&k)
	for {
		g := c.to(h)
		if !c.displaced && g[h.bucket()].slot() != 0 {
			return true // its turn comes
		}
		if _, there := g.find(h, &k); there {
			return true
		}
		if n, room := g.empty(h); room == roomThere {
			g.put(h, n, newFlowWords(l.slot(), l.shown(), &k, Handle(l[handleWord].Load())))
			return true
		}
		if !c.split(h) {
			return false
		}
	}
}

// reseedTries is how many seeds are tried for a new directory; each further one
// is for a directory of twice the size. Even the first fails by chance only.
const reseedTries = 4

// reseed replaces directory old by a new one with another seed; nil makes the
// first. It returns false when there is no memory, unless another was faster.
func (f *Flows) reseed(old *directory, shard uint32) bool {
	for try := range uint32(reseedTries) {
		// Segments will be full by a quarter to a half; by chance one in a hundred is split.
		depth := min(uint32(bits.Len(uint(2*f.bound.Load()/segmentBuckets)))+try, f.maxBits)
		runs, ok := f.allocRuns(1<<depth+1<<depth/8+4, shard)
		if !ok {
			return f.dir.Load().succeeds(old)
		}
		// No lock is held while the seed is drawn.
		fresh := fresh{f, f.directoryOf(runs[:1<<depth], depth), slices.Clone(runs[1<<depth:])}
		f.lockAll()
		now := f.dir.Load()
		if now.succeeds(old) { // another was faster
			f.unlockAll()
			f.releaseRuns(runs)
			return true
		}
		fits := now == nil || fresh.refill(now)
		if fits {
			f.dir.Store(fresh.directory)
			fresh.directory.runs(f.moved)
		}
		f.unlockAll()
		if fits {
			f.releaseRuns(fresh.spare)
			f.retire(now)
			return true
		}
		f.releaseRuns(runs)
	}
	return false
}

// succeeds says whether d has come in the place of old, by another seed.
func (d *directory) succeeds(old *directory) bool {
	return d != nil && (old == nil || d.seed != old.seed)
}

func (f *Flows) lockAll() {
	for i := range f.locks {
		f.locks[i].mu.Lock()
	}
	f.mu.Lock()
}

func (f *Flows) unlockAll() {
	f.mu.Unlock()
	for i := range f.locks {
		f.locks[i].mu.Unlock()
	}
}

// directoryOf returns a directory of empty segments, 1<<depth, with a new seed.
func (f *Flows) directoryOf(runs []uint32, depth uint32) *directory {
	d := newDirectory(f.seed(), depth)
	for i, run := range runs {
		d.set(hashed(uint64(i)<<(64-depth)), depth, newSegmentWord(run, depth))
	}
	return d
}

// fresh is a directory that nobody else can see yet, with segments to spare.
type fresh struct {
	flows *Flows
	*directory
	spare []uint32
}

// refill puts the flows of another directory into this one. Its caller holds all
// locks.
func (x *fresh) refill(from *directory) (fits bool) {
	fits = true
	c := copying{d: x.directory, to: x.segment, split: x.split}
	for _, c.displaced = range [...]bool{false, true} {
		from.runs(func(run uint32) { fits = fits && c.all(x.flows.segments.Run(run)) })
	}
	return fits
}

func (x *fresh) segment(h hashed) segment { return x.flows.segments.Run(x.word(h).run()) }

// split splits a segment, if it may be deeper and there is one to spare.
func (x *fresh) split(h hashed) bool {
	w, n := x.word(h), len(x.spare)-2
	if n < 0 || w.depth() == x.flows.maxBits {
		return false
	}
	runs := [2]uint32(x.spare[n:])
	g := x.segment(h)
	x.flows.halve(g, x.directory, w.depth(), runs)
	x.directory = x.halved(h, w.depth(), runs)
	g.clear()
	x.spare = append(x.spare[:n], w.run())
	return true
}

// retire gives back the segments of a directory that has been replaced.
func (f *Flows) retire(d *directory) {
	if d != nil {
		f.reseeds.Add(1)
		d.runs(f.segments.Retire)
	}
}

// allocRuns returns n empty segments; false, and none, when there is no memory. No
// lock is held.
func (f *Flows) allocRuns(n int, shard uint32) ([]uint32, bool) {
	runs := make([]uint32, 0, n)
	for range n {
		run, ok := f.segments.Alloc(shard)
		if !ok {
			f.releaseRuns(runs)
			return nil, false
		}
		segment(f.segments.Run(run)).clear()
		runs = append(runs, run)
	}
	return runs, true
}

func (f *Flows) releaseRuns(runs []uint32) {
	for _, run := range runs {
		f.segments.Release(run)
	}
}
