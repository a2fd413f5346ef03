package shard

import (
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/flowlabel/flowlabel/rcu"
)

var tortureTime = flag.Duration("torture.time", time.Second, "how long TestTorture runs without a planted fault")

// fault is what a torture does wrong on purpose.
type fault int

const (
	faultNone fault = iota
	faultNoGrace
	faultDropFirst
	faultNoWait
)

var faultNames = map[fault]string{
	faultNoGrace:   "leases reclaimed without a grace period",
	faultDropFirst: "user dropped before its entry is removed",
	faultNoWait:    "lease given back at once that others may have found",
}

const (
	tortureShards  = 2
	tortureLeases  = 8 * ChunkSlots
	tortureSockets = 4
	tortureLabels  = 12
	tortureTick    = int64(time.Millisecond)
	longestLinger  = 5 * tortureTick
)

// torture lets goroutines do everything at once to a few labels and sockets, in
// the spirit of Linux's rcutorture: each slot has an age that readers watch.
// While a section lasts, a lease found in it must stay what it was.
type torture struct {
	t       *testing.T
	fault   fault
	domain  *rcu.Domain
	leases  *Leases
	sockets *Sockets
	pages   *Pages
	index   *Index

	now   atomic.Int64
	quota atomic.Int64
	// handles name the open sockets: the slot, and the generation above it.
	handles [tortureSockets]atomic.Uint64
	ages    []age
	// All that is read of a lease under a planted fault is atomic, so that what
	// it does is counted here, and is no data race.
	stop                             atomic.Bool
	operations, errors, died, reused atomic.Int64
	found, seen                      atomic.Int64
}

// age is what the torture knows of a lease's slot.
type age struct {
	// life is 0 in its lowest bits while the slot is free, and the label of its
	// lease otherwise; above it counts reuses.
	life atomic.Uint64
	// promised is the end of the linger that the last release was promised.
	promised atomic.Int64
	// early is set by a death before that, which only a purge may cause.
	early atomic.Bool
}

const lifeOne = LabelSpace

func newTorture(t *testing.T, f fault) *torture {
	w := &torture{t: t, fault: f, domain: rcu.New(rcu.Options{})}
	arena := NewArena()
	w.pages = NewPages(w.domain, arena, tortureShards, tortureLeases, nil)
	w.index = NewIndex(w.pages)
	w.sockets = NewSockets(w.domain, arena, tortureShards, tortureLeases, 10, nil)
	w.leases = NewLeases(w.domain, arena, tortureShards, tortureLeases, time.Duration(tortureTick), 0,
		Hooks{Dead: w.dead, Reclaimed: w.reclaimed})
	w.ages = make([]age, w.leases.slab.Chunks()*ChunkSlots)
	for i := range w.handles {
		w.open(i)
	}
	return w
}

// wrong counts an error. A planted fault wants one, so it is no failure there.
func (w *torture) wrong(format string, args ...any) {
	if w.errors.Add(1) == 1 && w.fault == faultNone {
		w.t.Errorf(format, args...)
	}
}

// dead is the hook: the cell goes, and the quota comes back.
func (w *torture) dead(id uint32, _ *Lease) {
	a := &w.ages[id]
	w.index.Clear(w.label(id), id)
	a.early.Store(w.now.Load() < a.promised.Load())
	w.quota.Add(-1)
	w.died.Add(1)
}

// reclaimed is the hook: nobody sees the lease any more.
func (w *torture) reclaimed(id uint32, _ *Lease) {
	if w.ages[id].early.Load() {
		w.wrong("lease %d has died before the end of its linger", id)
	}
	w.freed(id)
}

func (w *torture) freed(id uint32) {
	a := &w.ages[id]
	life := a.life.Load()
	if life%lifeOne == 0 {
		w.wrong("slot %d is freed twice", id)
	}
	a.life.Store(life - life%lifeOne + lifeOne)
}

// label returns the label of the lease in a slot, 0 if it is free.
func (w *torture) label(id uint32) uint32 { return uint32(w.ages[id].life.Load() % lifeOne) }

// runTorture puts the package to the test for a time, or until stopAt errors.
func runTorture(t *testing.T, f fault, length time.Duration, stopAt int64) *torture {
	w := newTorture(t, f)
	c := crowd{stop: &w.stop, operations: &w.operations, drive: w.drive}
	c.enough = func() bool { return stopAt > 0 && w.errors.Load() >= stopAt }
	c.run(length, w.readLists, w.readIndex, w.write, w.readLists, w.readIndex, w.write)
	return w
}

// crowd is goroutines that do something over and over.
type crowd struct {
	stop       *atomic.Bool
	operations *atomic.Int64 // done in the end
	drive      func()        // called from time to time
	enough     func() bool   // asked then
}

// run lets a goroutine do each kind of work, for a time or until it is enough.
func (c crowd) run(length time.Duration, works ...func(*rand.Rand)) {
	var all sync.WaitGroup
	for _, work := range works {
		all.Go(func() {
			rng := rand.New(rand.NewPCG(rand.Uint64(), 1))
			for n := int64(0); ; n++ {
				if c.stop.Load() {
					c.operations.Add(n)
					return
				}
				work(rng)
				if rng.IntN(64) == 0 {
					runtime.Gosched() // outside a section: see package rcu's torture
				}
			}
		})
	}
	ends, pause := time.After(length), time.NewTicker(200*time.Microsecond)
	defer pause.Stop()
	for !c.stop.Load() {
		select {
		case <-ends:
			c.stop.Store(true)
		case <-pause.C:
			c.drive()
			c.stop.Store(c.stop.Load() || c.enough())
		}
	}
	all.Wait()
}

// drive lets time go on and does what it asks for.
func (w *torture) drive() {
	now := w.now.Add(tortureTick)
	reader := w.domain.Borrow()
	for at := range uint32(tortureShards) {
		w.leases.Expire(at, now, budgetOf(math.MaxInt))
	}
	w.domain.Return(reader)
	w.domain.TryAdvance()
	w.collect()
}

func (w *torture) collect() {
	for at := range uint32(tortureShards) {
		if w.fault == faultNoGrace {
			h := &w.leases.slab.homes[at]
			h.mu.Lock()
			h.stamp = 0 // which has elapsed, whatever the sections say
			h.mu.Unlock()
		}
		w.leases.Collect(at)
		w.pages.Collect(at)
		w.sockets.Collect(at)
	}
}

// drained ends everything that the torture has left and reports what remains.
func (w *torture) drained() error {
	reader := w.domain.Borrow()
	for i := range w.handles {
		w.shut(i)
	}
	now := w.now.Add(longestLinger + tortureTick)
	for at := range uint32(tortureShards) {
		w.leases.Expire(at, now, budgetOf(math.MaxInt))
	}
	w.domain.Return(reader)
	settle(w.t, w.domain, tortureShards, w.leases, w.pages, w.sockets)
	sockets, blocks := w.sockets.Usage()
	leases, pages := w.leases.Usage().Slots, w.pages.Usage().Slots
	if q, filed := w.quota.Load(), w.leases.Filed(); q != 0 || filed != 0 || leases+pages+sockets.Slots+blocks.Slots != 0 {
		return fmt.Errorf("left at the end: quota %d, %d filed, %d leases, %d pages, %d sockets, %d blocks",
			q, filed, leases, pages, sockets.Slots, blocks.Slots)
	}
	if label, slot, ok := w.index.Next(0); ok {
		return fmt.Errorf("left at the end: label %#x with slot %d", label, slot)
	}
	return nil
}

// TestTorture first shows that it would notice: it plants faults. Then it runs
// without.
func TestTorture(t *testing.T) {
	const patience = 20 * time.Second
	for f := faultNoGrace; f <= faultNoWait; f++ {
		if runTorture(t, f, patience, 1).errors.Load() == 0 {
			t.Fatalf("planted fault: %s: not caught", faultNames[f])
		}
		fmt.Printf("planted fault: %s: caught\n", faultNames[f])
	}
	w := runTorture(t, faultNone, *tortureTime, 0)
	if err := w.drained(); err != nil {
		w.wrong("%v", err)
	}
	fmt.Printf("shard torture: operations=%d errors=%d\n", w.operations.Load(), w.errors.Load())
	t.Logf("%d leases died, %d reused, %d expired, %d found on lists, %d by label",
		w.died.Load(), w.reused.Load(), w.leases.Expired(), w.found.Load(), w.seen.Load())
	if w.reused.Load() == 0 || w.leases.Expired() == 0 || w.found.Load() == 0 || w.seen.Load() == 0 {
		t.Error("nothing happened")
	}
}
