package rcu

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// tick is a clock that tests turn by hand.
type tick struct {
	mu  sync.Mutex
	now time.Time
}

func newTick() *tick { return &tick{now: time.Unix(1_000_000, 0)} }

func (c *tick) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *tick) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// eachMethod runs a test with atomic stores and, where there is one, with the
// other way to fence.
func eachMethod(t *testing.T, test func(t *testing.T, plain bool)) {
	t.Run("atomics", func(t *testing.T) { test(t, false) })
	if membarrierReady() {
		t.Run("membarrier", func(t *testing.T) { test(t, true) })
	}
}

// TestGracePeriod walks through one grace period, move by move.
func TestGracePeriod(t *testing.T) {
	eachMethod(t, func(t *testing.T, plain bool) {
		clock := newTick()
		d := newDomain(Options{Now: clock.Now}, plain)
		move := func(want bool) {
			t.Helper()
			clock.add(fenceInterval)
			if got := d.TryAdvance(); got != want {
				t.Fatalf("TryAdvance: %v, want %v", got, want)
			}
		}
		elapsed := func(stamp uint64, want bool) {
			t.Helper()
			if got := d.Elapsed(stamp); got != want {
				t.Fatalf("Elapsed(%d) in epoch %d: %v, want %v", stamp, d.epoch.Load(), got, want)
			}
		}
		early, late := d.Register("early"), d.Register("late")

		elapsed(0, true)
		move(false) // nobody waits
		early.Enter()
		stamp := d.Stamp()
		elapsed(stamp, false)
		move(true) // early shows the present epoch
		elapsed(stamp, false)
		late.Enter()
		move(false) // early shows an old one
		elapsed(stamp, false)
		early.Exit()
		move(true) // late does not matter
		elapsed(stamp, true)
		move(false) // nobody waits any more
		late.Exit()
		if got := d.Stats(); got.Advances != 2 || got.Readers != 2 || got.Epoch != firstEpoch+2 {
			t.Errorf("%+v", got)
		}
	})
}

// TestModel compares a domain with its own rules in their plainest form, on
// random histories; and each stamp with the sections that were open when it was
// taken, which is what it is all about.
func TestModel(t *testing.T) {
	type section struct {
		leave func()
		epoch uint64
	}
	rapid.Check(t, func(t *rapid.T) {
		clock := newTick()
		d := newDomain(Options{Now: clock.Now}, membarrierReady() && rapid.Bool().Draw(t, "plain"))
		epoch, wanted := uint64(firstEpoch), uint64(0)
		var idle []*Reader
		var open []*section
		stamps := make(map[uint64][]*section) // by stamp: the sections open when it was last taken
		isOpen := make(map[*section]bool)
		begin := func(leave func()) {
			s := &section{leave, epoch}
			open, isOpen[s] = append(open, s), true
		}
		t.Repeat(map[string]func(*rapid.T){
			"register": func(*rapid.T) { idle = append(idle, d.Register("r")) },
			"close": func(t *rapid.T) {
				if len(idle) == 0 {
					t.Skip("no reader is idle")
				}
				idle[0].Close()
				idle[0].Close()
				idle = idle[1:]
			},
			"enter": func(t *rapid.T) {
				if len(idle) == 0 {
					t.Skip("no reader is idle")
				}
				r := idle[0]
				idle = idle[1:]
				r.Enter()
				begin(func() { r.Exit(); idle = append(idle, r) })
			},
			"borrow": func(*rapid.T) {
				r := d.Borrow()
				begin(func() { d.Return(r) })
			},
			"leave": func(t *rapid.T) {
				if len(open) == 0 {
					t.Skip("no section is open")
				}
				i := rapid.IntRange(0, len(open)-1).Draw(t, "section")
				s := open[i]
				s.leave()
				open = append(open[:i:i], open[i+1:]...)
				delete(isOpen, s)
			},
			"pin": func(*rapid.T) {
				s := d.Pin()
				s.Unpin()
			},
			"stamp": func(*rapid.T) {
				stamps[d.Stamp()] = append([]*section(nil), open...)
				wanted = epoch + graceEpochs
			},
			"advance": func(t *rapid.T) {
				clock.add(fenceInterval)
				want := epoch < wanted
				for _, s := range open {
					want = want && s.epoch == epoch
				}
				if got := d.TryAdvance(); got != want {
					t.Fatalf("TryAdvance: %v, want %v", got, want)
				}
				if want {
					epoch++
				}
			},
			"": func(t *rapid.T) {
				for stamp, sections := range stamps {
					if got, want := d.Elapsed(stamp), epoch >= stamp+graceEpochs; got != want {
						t.Fatalf("Elapsed(%d) in epoch %d: %v", stamp, epoch, got)
					}
					for _, s := range sections {
						if d.Elapsed(stamp) && isOpen[s] {
							t.Fatalf("stamp %d has elapsed; a section of epoch %d is still open", stamp, s.epoch)
						}
					}
				}
			},
		})
	})
}

// TestFencePace checks that all callers together fence once an interval, and not
// at all without need.
func TestFencePace(t *testing.T) {
	clock := newTick()
	d := newDomain(Options{Now: clock.Now}, true)
	fences := uint64(0)
	d.fence = func() bool { fences++; return true }
	check := func(moved bool, want uint64) {
		t.Helper()
		if got := d.TryAdvance(); got != moved || fences != want || d.Stats().Fences != want {
			t.Fatalf("TryAdvance: %v after %d fences, want %v after %d", got, fences, moved, want)
		}
	}
	check(false, 0) // nobody waits
	d.Stamp()
	check(true, 1)
	check(false, 1) // too soon
	clock.add(fenceInterval - 1)
	check(false, 1) // still
	clock.add(1)
	check(true, 2)
	clock.add(time.Hour)
	check(false, 2) // done

	r := d.Register("r")
	d.Stamp()
	r.Enter()
	check(true, 3)
	clock.add(fenceInterval)
	check(false, 3) // seen without a fence that r is in the way
	r.Exit()
	check(false, 3) // that attempt counts too
	clock.add(fenceInterval)
	check(true, 4)
}

// TestFenceRefused checks that nothing is concluded from a scan without a fence.
func TestFenceRefused(t *testing.T) {
	d := newDomain(Options{Now: newTick().Now}, true)
	d.interval = 0
	d.fence = func() bool { return false }
	stamp := d.Stamp()
	for range 10 {
		if d.TryAdvance() || d.Elapsed(stamp) {
			t.Fatal("the epoch moved")
		}
	}
}

// TestFenceMethod checks what Stats says of the fence, and that membarrier is
// called if it says so.
func TestFenceMethod(t *testing.T) {
	want := "atomics"
	if membarrierReady() {
		want = "membarrier"
	}
	d := New(Options{})
	if err := d.Synchronize(context.Background()); err != nil {
		t.Fatal(err)
	}
	got := d.Stats()
	if got.Fence != want || (got.Fences > 0) != (want == "membarrier") {
		t.Errorf("%+v, want fence %s", got, want)
	}
}

// TestOneAdvances checks that a caller who meets another at work goes away: the
// fence of the first calls the second.
func TestOneAdvances(t *testing.T) {
	d := newDomain(Options{Now: newTick().Now}, true)
	d.interval = 0
	calls := 0
	d.fence = func() bool {
		calls++
		if d.TryAdvance() {
			t.Error("two advance at once")
		}
		return true
	}
	d.Stamp()
	if !d.TryAdvance() || calls != 1 {
		t.Errorf("after %d fences the epoch has not moved", calls)
	}
}

// TestScanAfterFence checks the order of the two: a section that becomes visible
// with the fence is seen.
func TestScanAfterFence(t *testing.T) {
	d := newDomain(Options{Now: newTick().Now}, true)
	d.interval = 0
	r := d.Register("hidden")
	d.fence = func() bool {
		r.rec.state.set(false, d.epoch.Load()-1)
		return true
	}
	d.Stamp()
	if d.TryAdvance() {
		t.Error("the epoch moved past a section")
	}
	r.Exit()
}

// TestSynchronize checks that it waits for a section, gives up with its context,
// and ends with the section.
func TestSynchronize(t *testing.T) {
	eachMethod(t, func(t *testing.T, plain bool) {
		d := newDomain(Options{}, plain)
		r := d.Register("r")
		r.Enter()
		why := errors.New("enough")
		ctx, cancel := context.WithCancelCause(context.Background())
		cancel(why)
		if err := d.Synchronize(ctx); !errors.Is(err, why) {
			t.Errorf("inside a section: %v", err)
		}
		done := make(chan error)
		go func() { done <- d.Synchronize(context.Background()) }()
		for d.epoch.Load() == firstEpoch {
			d.TryAdvance() // until only r is in the way
		}
		select {
		case err := <-done:
			t.Fatalf("did not wait: %v", err)
		default:
		}
		r.Exit()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}
