package rcu

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

var tortureTime = flag.Duration("torture.time", time.Second, "how long TestTorture runs without a planted fault")

// tortureAges is the age at which a retired element is used again.
const tortureAges = 5

// element is what readers hold while writers replace it. All of it is atomic:
// under a planted fault a reader may be looking while a writer reuses it, and
// that is to be counted here, not reported as a race.
type element struct {
	age  atomic.Int32  // 0 linked, 1 unlinked, then one more each grace period
	life atomic.Uint64 // counts reuses
}

// torture is one run, in the spirit of Linux's rcutorture: nothing is asked of
// the domain but its promise, that who finds an element in a section never sees
// it older than 1.
type torture struct {
	domain *Domain
	cells  [8]atomic.Pointer[element]
	stop   atomic.Bool

	reads, updates, errors atomic.Uint64
}

// runTorture puts the domain to the test for a time, or until stopAt errors.
func runTorture(d *Domain, length time.Duration, stopAt uint64) *torture {
	t := &torture{domain: d}
	for i := range t.cells {
		t.cells[i].Store(new(element))
	}
	var crowd sync.WaitGroup
	for range max(2, runtime.GOMAXPROCS(0)) {
		crowd.Go(t.readRegistered)
	}
	for range 2 {
		crowd.Go(t.readBorrowed)
		crowd.Go(t.readPinned)
		crowd.Go(t.update)
	}
	for until := time.Now().Add(length); time.Now().Before(until) && (stopAt == 0 || t.errors.Load() < stopAt); {
		d.TryAdvance()
		time.Sleep(time.Millisecond)
	}
	t.stop.Store(true)
	crowd.Wait()
	return t
}

// look reads one element, dwells on it and looks again. It is called inside a
// section.
func (t *torture) look(rng *rand.Rand, mayPark bool) {
	e := t.cells[rng.IntN(len(t.cells))].Load()
	life := e.life.Load()
	wrong := e.age.Load() > 1
	switch n := rng.IntN(1024); {
	case n == 0 && mayPark:
		runtime.Gosched()
	case n < 64:
		for range rng.IntN(500) {
			wrong = wrong || e.age.Load() > 1
		}
	}
	if wrong || e.age.Load() > 1 || e.life.Load() != life {
		t.errors.Add(1)
	}
}

// rest lets others run, outside a section: with more goroutines than processors
// nearly every time slice would otherwise end inside one, and a grace period
// would last for many slices.
func (t *torture) rest(rng *rand.Rand) {
	if rng.IntN(64) == 0 {
		runtime.Gosched()
	}
}

func (t *torture) readRegistered() {
	rng := rand.New(rand.NewPCG(rand.Uint64(), 1))
	n := uint64(0)
	for !t.stop.Load() {
		r := t.domain.Register("torture")
		for range 1000 {
			r.Enter()
			for range 1 + rng.IntN(3) {
				t.look(rng, true)
				n++
			}
			r.Exit()
			t.rest(rng)
		}
		r.Close()
	}
	t.reads.Add(n)
}

func (t *torture) readBorrowed() {
	rng := rand.New(rand.NewPCG(rand.Uint64(), 2))
	n := uint64(0)
	for ; !t.stop.Load(); n++ {
		r := t.domain.Borrow()
		t.look(rng, true)
		t.domain.Return(r)
		t.rest(rng)
	}
	t.reads.Add(n)
}

func (t *torture) readPinned() {
	rng := rand.New(rand.NewPCG(rand.Uint64(), 3))
	n := uint64(0)
	for ; !t.stop.Load(); n++ {
		s := t.domain.Pin()
		t.look(rng, false)
		s.Unpin()
		t.rest(rng)
	}
	t.reads.Add(n)
}

// update replaces elements for ever. Retired ones wait in line; their stamps
// rise along it.
func (t *torture) update() {
	type waiting struct {
		e     *element
		stamp uint64
	}
	var line []waiting
	free := make([]*element, 1000)
	for i := range free {
		free[i] = new(element)
	}
	retire := func(e *element) {
		e.age.Add(1)
		line = append(line, waiting{e, t.domain.Stamp()})
	}
	for !t.stop.Load() {
		if len(free) > 0 {
			e := free[len(free)-1]
			free = free[:len(free)-1]
			e.life.Add(1)
			e.age.Store(0)
			retire(t.cells[rand.IntN(len(t.cells))].Swap(e))
			t.updates.Add(1)
		} else {
			runtime.Gosched()
		}
		t.domain.TryAdvance()
		for len(line) > 0 && t.domain.Elapsed(line[0].stamp) {
			e := line[0].e
			line = line[1:]
			if e.age.Load() == tortureAges {
				free = append(free, e)
			} else {
				retire(e)
			}
		}
	}
}

// TestTorture first shows that it would notice: it plants two faults and says
// what became of them. Then it runs without.
func TestTorture(t *testing.T) {
	const patience = 10 * time.Second
	hasty := New(Options{})
	hasty.grace, hasty.interval = graceEpochs-1, 0
	if runTorture(hasty, patience, 1).errors.Load() == 0 {
		t.Fatal("planted fault: short grace period: not caught")
	}
	fmt.Println("planted fault: short grace period: caught")

	unfenced := New(Options{})
	unfenced.fence = func() bool { return true }
	litmusTime := patience
	if !unfenced.plain {
		litmusTime /= 100 // atomic stores need no fence: there is nothing to show
	}
	if _, missed := litmus(unfenced, litmusTime, true); missed > 0 {
		fmt.Println("planted fault: no fence: caught")
	} else {
		fmt.Println("planted fault: no fence: not shown by this machine")
	}
	if rounds, missed := litmus(New(Options{}), *tortureTime/4, false); missed > 0 {
		t.Errorf("in %d of %d rounds a reader was missed in spite of the fence", missed, rounds)
	}

	d := New(Options{})
	run := runTorture(d, *tortureTime, 0)
	fmt.Printf("rcu torture: reads=%d updates=%d graceperiods=%d errors=%d\n",
		run.reads.Load(), run.updates.Load(), d.Stats().Advances/graceEpochs, run.errors.Load())
	if run.errors.Load() > 0 {
		t.Errorf("%d times a reader met an element older than one grace period", run.errors.Load())
	}
	if run.reads.Load() == 0 || run.updates.Load() == 0 || d.Stats().Advances < graceEpochs {
		t.Error("nothing happened")
	}
}
