package shard

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/flowlabel/flowlabel/rcu"
)

// Faults of a torture of flows.
const (
	faultSlotAtOnce fault = iota + 1
	faultSegmentAtOnce
	faultNoSecondLook
)

var flowFaultNames = map[fault]string{
	faultSlotAtOnce:    "flows reclaimed without a grace period",
	faultSegmentAtOnce: "segments reclaimed without a grace period",
	faultNoSecondLook:  "bind does not look at the socket again",
}

const (
	tortureHotKeys = 16
	tortureKeys    = 6 * segmentBuckets // enough for segments that fill by themselves
)

// flowTorture lets goroutines do everything at once to a few sockets and their
// flows, while the table splits and changes its seed.
type flowTorture struct {
	t       *testing.T
	fault   fault
	domain  *rcu.Domain
	sockets *Sockets
	flows   *Flows

	keys    [tortureKeys]Key
	turns   [tortureKeys]sync.Mutex // one goroutine at a time binds or unbinds a key
	truths  [tortureKeys]atomic.Pointer[truth]
	handles [tortureSockets]atomic.Pointer[owner]
	ages    []atomic.Uint32 // by slot of a flow: how often it has been reclaimed

	// alone is held by whoever changes anything while flows are reclaimed too
	// early, so that the readers alone suffer from it, who then look at atomics only.
	alone sync.Mutex

	stop                           atomic.Bool
	operations, errors             atomic.Int64
	found, missed, bound, unbound  atomic.Int64
	ended, splits, seeds, refusals atomic.Int64
}

// owner is a socket, and how far it is with its end.
type owner struct {
	id, generation uint32
	slot           *Socket
	shutting       atomic.Bool // set before Shut
	ended          atomic.Bool // set when all its flows have ended
}

// truth is what the torture knows of a key. Each change makes another one, so that
// one which is there before and after a lookup was there throughout.
type truth struct {
	changing bool
	owner    *owner // nil if the key is not bound; it is not either when the owner has ended
}

func newFlowTorture(t *testing.T, f fault) *flowTorture {
	w := &flowTorture{t: t, fault: f, domain: rcu.New(rcu.Options{})}
	arena := NewArena()
	w.sockets = NewSockets(w.domain, arena, tortureShards, tortureLeases, 10, nil)
	w.flows = NewFlows(w.domain, arena, w.sockets, tortureShards, 4*tortureKeys, rand.Uint64, nil)
	w.ages = make([]atomic.Uint32, w.flows.capacity()+1)
	w.flows.slab.kind.Reclaim = func(id uint32) bool {
		w.ages[id].Add(1)
		return w.flows.poison(id)
	}
	for i := range w.keys {
		w.keys[i] = keyOf(uint64(i))
		w.truths[i].Store(&truth{})
	}
	for i := range w.handles {
		w.open(i)
	}
	w.flows.reseed(nil, 0) // so that every reader finds a directory
	return w
}

// wrong counts an error. A planted fault wants one, so it is no failure there.
func (w *flowTorture) wrong(format string, args ...any) {
	if w.errors.Add(1) == 1 && w.fault == faultNone {
		w.t.Errorf(format, args...)
	}
}

// enterAlone takes alone if the fault asks for it.
func (w *flowTorture) enterAlone() (leave func()) {
	if w.fault != faultSlotAtOnce {
		return func() {}
	}
	w.alone.Lock()
	return w.alone.Unlock
}

func runFlowTorture(t *testing.T, f fault, length time.Duration, stopAt int64) *flowTorture {
	w := newFlowTorture(t, f)
	c := crowd{stop: &w.stop, operations: &w.operations}
	c.enough = func() bool { return stopAt > 0 && w.errors.Load() >= stopAt }
	c.drive = func() {
		defer w.enterAlone()()
		w.collect()
	}
	c.run(length, w.readOne, w.readBurst, w.write, w.readOne, w.readLate, w.write)
	return w
}

// collect brings grace periods on and reclaims.
func (w *flowTorture) collect() {
	w.domain.TryAdvance()
	for at := range uint32(tortureShards) {
		switch w.fault {
		case faultSlotAtOnce:
			ripen(&w.flows.slab.homes[at])
		case faultSegmentAtOnce:
			ripen(&w.flows.segments.homes[at])
		}
		w.flows.Collect(at)
		w.sockets.Collect(at)
	}
}

// ripen ends the wait of what waits in h, whatever the sections say.
func ripen(h *home) {
	h.mu.Lock()
	h.stamp = 0
	h.mu.Unlock()
}

// drained ends everything that the torture has left and reports what remains.
func (w *flowTorture) drained() error {
	for i := range w.handles {
		w.end(w.handles[i].Load())
	}
	settle(w.t, w.domain, tortureShards, w.flows, w.sockets)
	w.flows.check(w.t, 0)
	segments := 0
	w.flows.dir.Load().runs(func(uint32) { segments++ })
	flows, buckets := w.flows.Usage()
	sockets, _ := w.sockets.Usage()
	if flows.Slots+sockets.Slots != 0 || buckets.Slots != segments {
		return fmt.Errorf("left at the end: %d flows, %d sockets, %d runs for %d segments",
			flows.Slots, sockets.Slots, buckets.Slots, segments)
	}
	return nil
}

// TestTortureFlows first shows that it would notice, as TestTorture does.
func TestTortureFlows(t *testing.T) {
	const patience = 20 * time.Second
	for f := faultSlotAtOnce; f <= faultNoSecondLook; f++ {
		if runFlowTorture(t, f, patience, 1).errors.Load() == 0 {
			t.Fatalf("planted fault: %s: not caught", flowFaultNames[f])
		}
		fmt.Printf("planted fault: %s: caught\n", flowFaultNames[f])
	}
	w := runFlowTorture(t, faultNone, *tortureTime, 0)
	if err := w.drained(); err != nil {
		w.wrong("%v", err)
	}
	fmt.Printf("shard torture: flow operations=%d errors=%d\n", w.operations.Load(), w.errors.Load())
	t.Logf("%d bound, %d unbound, %d ended with their socket, %d refused, %d found, %d not there, %d splits, %d new seeds",
		w.bound.Load(), w.unbound.Load(), w.ended.Load(), w.refusals.Load(), w.found.Load(), w.missed.Load(), w.splits.Load(), w.seeds.Load())
	for _, n := range []*atomic.Int64{&w.bound, &w.unbound, &w.ended, &w.refusals, &w.found, &w.missed, &w.splits, &w.seeds} {
		if n.Load() == 0 {
			t.Error("something never happened")
		}
	}
}
