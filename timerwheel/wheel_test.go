package timerwheel

import (
	"math"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"
)

// TestNodeSize keeps a node at twelve bytes without a pointer.
func TestNodeSize(t *testing.T) {
	if size := reflect.TypeFor[Node]().Size(); size != 12 {
		t.Fatalf("a node has %d bytes", size)
	}
}

// TestNoAllocation runs a whole life of some ids and counts allocations.
func TestNoAllocation(t *testing.T) {
	nodes := make([]Node, 64)
	w := New(6, math.MaxUint32-50)
	w.SetPage(0, nodes)
	again := func(id uint32) {
		nodes[id].Extend(w.Now() + id*id)
		w.File(id)
	}
	allocs := testing.AllocsPerRun(1000, func() {
		for id := uint32(1); id < 64; id++ {
			if w.Cancel(id); id%2 == 0 {
				nodes[id].Reset(w.Now() + id*id*id)
				w.File(id)
			}
		}
		next, _ := w.NextDeadline()
		w.Advance(next+100, 30, again)
	})
	if allocs != 0 {
		t.Fatalf("%v allocations", allocs)
	}
}

// TestPages has pages far apart, a short one, and one that is taken back.
func TestPages(t *testing.T) {
	w := New(16, 0)
	low, high := make([]Node, 1<<16), make([]Node, 2)
	const far = uint32(1<<28) >> 16
	w.SetPage(far, high)
	w.SetPage(0, low)
	ids := []uint32{1, 1<<16 - 1, far << 16, far<<16 + 1}
	for i, id := range ids {
		w.node(id).Reset(uint32(i) + 1)
		w.File(id)
	}
	var fired []uint32
	w.Advance(9, math.MaxInt, func(id uint32) { fired = append(fired, id) })
	if !reflect.DeepEqual(fired, ids) {
		t.Fatalf("fired %v, not %v", fired, ids)
	}
	w.SetPage(far, nil)
	mustPanic(t, func() { w.File(far << 16) })
}

// TestLargestID files the largest ids there are, which have the fewest bits to
// spare beside headMark.
func TestLargestID(t *testing.T) {
	w := New(31, 0)
	if w.pageMask != MaxID {
		t.Fatalf("page mask %x", w.pageMask)
	}
	w = New(16, 0)
	w.SetPage(MaxID>>16, make([]Node, 1<<16))
	for id := uint32(MaxID - 2); id <= MaxID; id++ {
		w.node(id).Reset(9)
		w.File(id)
	}
	if fault := faultOf(w); fault != "" || !w.Cancel(MaxID-1) || !w.Cancel(MaxID) || w.Len() != 1 {
		t.Fatalf("len %d: %s", w.Len(), fault)
	}
}

// TestMisuse names the calls that panic.
func TestMisuse(t *testing.T) {
	w := New(2, 0)
	w.SetPage(0, make([]Node, 4))
	mustPanic(t, func() { New(32, 0) })
	mustPanic(t, func() { w.File(0) })
	mustPanic(t, func() { w.File(MaxID + 1) })
	mustPanic(t, func() { w.File(4) })
	mustPanic(t, func() { w.SetPage(MaxID>>2+1, nil) })
	if invariants {
		w.File(1)
		mustPanic(t, func() { w.SetPage(0, nil) })
		w.Cancel(1)
	}
	if w.Len() != 0 {
		t.Fatal("a refused call has filed something")
	}
}

func mustPanic(t *testing.T, f func()) {
	t.Helper()
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	f()
}

// TestExtendConcurrently extends deadlines from several goroutines while the
// owner advances. No id may fire before a deadline that was on its node when
// the wheel reached it, all fire in the end, and the latest Extend has won.
func TestExtendConcurrently(t *testing.T) {
	const (
		ids     = 200
		workers = 3
		rounds  = 2000
	)
	nodes := make([]Node, ids+1)
	w := New(8, math.MaxUint32-1000)
	w.SetPage(0, nodes)
	for id := uint32(1); id <= ids; id++ {
		nodes[id].Reset(w.Now() + id)
		w.File(id)
	}
	base := w.Now()
	var clock atomic.Uint32 // stored by the owner, loaded by the workers
	clock.Store(base)
	var latest [workers][ids + 1]uint32
	var wg sync.WaitGroup
	for worker := range workers {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for round := range uint32(rounds) {
				id := 1 + (round*7+uint32(worker)*3)%ids
				deadline := clock.Load() + round%(3*slots)
				nodes[id].Extend(deadline)
				if latest[worker][id] < deadline-base {
					latest[worker][id] = deadline - base
				}
			}
		}()
	}
	done := make(chan struct{})
	go func() { wg.Wait(); close(done) }()
	fired := 0
	fire := func(id uint32) { fired++ }
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
		}
		clock.Store(w.Now() + 1)
		w.Advance(w.Now()+1, 50, fire)
	}
	for left := true; left || w.Len() > 0; {
		left = w.Advance(w.Now()+1000, math.MaxInt, fire)
	}
	if fired != ids {
		t.Fatalf("%d of %d ids fired", fired, ids)
	}
	for id := 1; id <= ids; id++ {
		for worker := range workers {
			if got := nodes[id].Deadline() - base; got < latest[worker][id] {
				t.Fatalf("id %d: deadline %d, extended to %d", id, got, latest[worker][id])
			}
		}
	}
}

// TestLanes files ids of a pattern into one slot, and counts those in each lane.
func TestLanes(t *testing.T) {
	const each = 8
	w := New(10, 0)
	w.SetPage(0, make([]Node, 1<<10))
	for i := range uint32(each * lanes) {
		id := lanes * (1 + i)
		w.node(id).Reset(1)
		w.File(id)
	}
	for lane, id := range w.heads[w.listOf(1)] {
		n := 0
		for ; id != 0; id = w.node(id).next {
			n++
		}
		if n != each {
			t.Errorf("lane %d has %d ids of %d", lane, n, each*lanes)
		}
	}
}
