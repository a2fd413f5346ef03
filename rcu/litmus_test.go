package rcu

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/cpu"
)

// litmusRace is the race that the fence decides, known as store buffering: a reader
// enters and loads a link, while a writer unlinks, fences and looks at the
// reader's state. Without the fence the reader's store may still wait in its
// processor when the load is done, so that the reader finds the link and the
// writer does not find the reader.
type litmusRace struct {
	_     cpu.CacheLinePad
	link  atomic.Uint64 // 1 linked, 0 unlinked
	_     cpu.CacheLinePad
	phase atomic.Uint64 // 2k+1: round k runs; 2k+2: the writer has looked
	_     cpu.CacheLinePad
	left  atomic.Uint64 // rounds that the reader has left
	found bool          // what it found in the last one; published by left
	_     cpu.CacheLinePad
	over  atomic.Bool
}

// litmus runs rounds for a time and counts those in which the writer missed the
// reader.
func litmus(d *Domain, length time.Duration, stopAtFirst bool) (rounds, missed uint64) {
	var race litmusRace
	r := d.Register("litmus")
	defer r.Close()
	var reader sync.WaitGroup
	reader.Go(func() { race.read(r) })
	for until := time.Now().Add(length); rounds%1024 != 0 || time.Now().Before(until); rounds++ {
		race.link.Store(1)
		race.phase.Store(2*rounds + 1)
		dawdle(rounds % 97)
		race.link.Store(0)
		if d.plain {
			d.fence()
		}
		hidden := r.rec.state.load() == 0
		race.phase.Store(2*rounds + 2)
		await(&race.left, rounds+1, nil)
		if hidden && race.found {
			missed++
			if stopAtFirst {
				break
			}
		}
	}
	race.over.Store(true)
	reader.Wait()
	return rounds, missed
}

// read is the reader's side.
func (race *litmusRace) read(r *Reader) {
	for k := uint64(0); await(&race.phase, 2*k+1, &race.over); k++ {
		dawdle(k * 7 % 101)
		r.Enter()
		found := race.link.Load() == 1
		await(&race.phase, 2*k+2, nil)
		r.Exit()
		race.found = found
		race.left.Store(k + 1)
	}
}

// await spins until v has reached want; it returns false if it is over.
func await(v *atomic.Uint64, want uint64, over *atomic.Bool) bool {
	for n := 0; v.Load() < want; n++ {
		if over != nil && over.Load() {
			return false
		}
		if n > 10_000 {
			runtime.Gosched()
		}
	}
	return true
}

// nothing is loaded to waste time.
var nothing atomic.Uint64

// dawdle wastes n loads.
func dawdle(n uint64) {
	for range n {
		nothing.Load()
	}
}
