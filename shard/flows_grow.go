package shard

import "math/bits"

// splitting is what split came to.
type splitting uint8

const (
	splitDone   splitting = iota // or somebody else has changed the segment
	splitMemory                  // no memory
	splitUneven                  // the halves do not fit either
)

// split builds a full segment anew as two.
func (f *Flows) split(g held, shard uint32) splitting {
	runs, ok := f.allocRuns(make([]uint32, 0, 2), 2, shard)
	if !ok {
		return splitMemory
	}
	old := g.word
	g, ok = f.holdWord(g.dir, g.h, old)
	if !ok {
		f.releaseRuns(runs)
		return splitDone
	}
	fits := f.halve(g, runs)
	if fits {
		f.publish(g, runs)
	}
	g.lock.Unlock()
	if !fits {
		f.releaseRuns(runs)
		return splitUneven
	}
	f.segments.Retire(old.run())
	return splitDone
}

// halve puts the flows of g into the one or the other run.
func (f *Flows) halve(g held, runs []uint32) (fits bool) {
	fits = true
	g.each(func(slot uint32) {
		h := g.dir.hash(&f.At(slot).Key)
		half := uint64(h) << g.word.depth() >> 63
		fits = fits && segment(f.segments.Run(runs[half])).add(h, slot)
	})
	return fits
}

// publish makes the directory name two runs instead of segment g, whose lock its
// caller holds. So no other changes those words; but others change others.
func (f *Flows) publish(g held, runs []uint32) {
	f.mu.Lock()
	defer f.mu.Unlock()
	d := f.dir.Load()
	depth := g.word.depth() + 1
	if depth > d.bits() {
		d = d.doubled()
	}
	top := hashed(1) << (64 - depth) // the bit that tells the halves apart
	d.set(g.h&^top, depth, newSegmentWord(runs[0], depth))
	d.set(g.h|top, depth, newSegmentWord(runs[1], depth))
	f.dir.Store(d)
}

// reseedTries is how many seeds are tried for a new directory; each further one
// is for a directory of twice the size. Even the first fails by chance only.
const reseedTries = 4

// reseed replaces directory old by a new one with another seed; nil makes the
// first. It returns false when there is no memory.
func (f *Flows) reseed(old *directory, shard uint32) bool {
	for try := range uint32(reseedTries) {
		depth := min(uint32(bits.Len(uint(f.bound.Load())/flowsPerSplit))+try, f.maxBits)
		runs, ok := f.allocRuns(nil, 1<<depth, shard)
		if !ok {
			return false
		}
		fresh := f.directoryOf(runs, depth) // no lock is held while the seed is drawn
		f.lockAll()
		now := f.dir.Load()
		if now != nil && (old == nil || now.seed != old.seed) { // another was faster
			f.unlockAll()
			f.releaseRuns(runs)
			return true
		}
		fits := now == nil || f.refill(now, fresh)
		if fits {
			f.dir.Store(fresh)
		}
		f.unlockAll()
		if fits {
			f.retire(now)
			return true
		}
		f.releaseRuns(runs)
	}
	return false
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

// directoryOf returns a directory of empty segments with a new seed.
func (f *Flows) directoryOf(runs []uint32, depth uint32) *directory {
	d := newDirectory(f.seed(), depth)
	for i, run := range runs {
		d.words[i].Store(uint64(newSegmentWord(run, depth)))
	}
	return d
}

// refill puts the flows of one directory into another. Its caller holds all
// locks.
func (f *Flows) refill(from, to *directory) (fits bool) {
	fits = true
	from.runs(func(run uint32) {
		segment(f.segments.Run(run)).each(func(slot uint32) {
			h := to.hash(&f.At(slot).Key)
			fits = fits && segment(f.segments.Run(to.word(h).run())).add(h, slot)
		})
	})
	return fits
}

// runs calls do for the run of each segment.
func (d *directory) runs(do func(run uint32)) {
	for i := 0; i < len(d.words); {
		w := segmentWord(d.words[i].Load())
		do(w.run())
		i += 1 << (d.bits() - w.depth())
	}
}

// retire gives back the segments of a directory that has been replaced.
func (f *Flows) retire(d *directory) {
	if d != nil {
		f.reseeds.Add(1)
		d.runs(f.segments.Retire)
	}
}

// allocRuns appends n empty segments to runs; false, and none, when there is no
// memory. No lock is held.
func (f *Flows) allocRuns(runs []uint32, n int, shard uint32) ([]uint32, bool) {
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
