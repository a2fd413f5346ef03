package core_test

import (
	"math"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/flowlabel/flowlabel/core"
)

// TestProgress follows one lease through Advance.
func TestProgress(t *testing.T) {
	b := newRig(t, core.Options{})
	ns := b.space("a")
	s := b.socket(ns, 1)
	if p := b.Advance(0); p != (core.Progress{Next: math.MaxInt64}) {
		t.Errorf("nothing to do: %+v", p)
	}
	b.lease(s, 1, core.Any, time.Second)
	if p := b.Advance(0); p != (core.Progress{Next: math.MaxInt64}) {
		t.Errorf("a held lease: %+v", p)
	}
	b.put(s, 1)
	if p := b.Advance(0); p.Next <= 0 || p.Next > time.Second+tick || p.Expired != 0 {
		t.Errorf("a lingering lease: %+v", p)
	}
	p := b.wait(time.Second - 1)
	if p.Expired != 0 || p.Next > tick {
		t.Errorf("just before: %+v", p)
	}
	if p = b.wait(1 + tick); p.Expired != 1 || p.Next != math.MaxInt64 {
		t.Errorf("just after: %+v", p)
	}
	b.drain()
	if n := inUse(b.Stats())["leases"]; n != 0 {
		t.Errorf("%d slots in use", n)
	}
}

// TestNextIsEnough advances only when the last Progress asks for it, and finds
// every lease in time.
func TestNextIsEnough(t *testing.T) {
	b := newRig(t, core.Options{})
	ns := b.space("a")
	s := b.socket(ns, 1)
	lingers := []time.Duration{0, 1, tick, time.Second, 5*time.Second + 1, time.Minute, time.Hour, 150 * time.Hour}
	for i, linger := range lingers {
		b.lease(s, core.Label(i+1), core.Any, linger)
		b.put(s, core.Label(i+1))
	}
	turns := 0
	for p := b.Advance(0); p.Next != math.MaxInt64; p = b.wait(p.Next) {
		if turns++; turns > 1000 {
			t.Fatalf("no end of it: %+v", p)
		}
		now := time.Duration(b.now.Load())
		for l := range ns.Leases() {
			if due := max(lingers[l.Label-1], tick); now >= due+tick {
				t.Errorf("a linger of %v is not over at %v", due, now)
			}
		}
	}
	if n := b.Stats().Expired; n != int64(len(lingers)) {
		t.Errorf("%d leases ended, want %d", n, len(lingers))
	}
}

// TestBudget advances in small steps, over leases of all shards: until Progress
// says that nothing is left, and then nothing is.
func TestBudget(t *testing.T) {
	const leases = 300
	for _, budget := range []int{1, 7, leases} {
		b := newRig(t, core.Options{Shards: 4})
		ns := b.space("a")
		var crowd sync.WaitGroup
		for i := range 2 * runtime.GOMAXPROCS(0) { // on every processor, so in every shard
			s := b.socket(ns, uint64(i))
			crowd.Go(func() {
				for range leases {
					label, err := s.Get(core.Request{Dst: dst1, Share: core.Any, Create: true})
					if err == nil {
						_ = s.Put(label)
					}
					runtime.Gosched()
				}
			})
		}
		crowd.Wait()
		b.now.Add(int64(time.Second))
		turns, all := 0, b.Stats().Leases
		for behind := true; behind; turns++ {
			behind = b.Advance(budget).Behind
		}
		if p := b.Advance(0); p.Expired != 0 {
			t.Errorf("budget %d: Behind was false, and then %d leases were due", budget, p.Expired)
		}
		if turns < all/budget/8 {
			t.Errorf("budget %d: %d leases ended in %d turns", budget, all, turns)
		}
	}
}

// TestBudgetInAll has leases in every shard that are filed, and held again: to
// find that out is work, and an Advance does no more of it than its budget says,
// over all shards.
func TestBudgetInAll(t *testing.T) {
	const shards, each = 4, 20
	for _, budget := range []int{1, 3, 10} {
		b := newRig(t, core.Options{Shards: shards})
		s := b.socket(b.space("a"), 1)
		for i := range shards * each {
			req := core.Request{Label: core.Label(i + 1), Dst: dst1, Share: core.Any, Create: true}
			if _, err := s.GetIn(uint32(i%shards), req); err != nil {
				t.Fatal(err)
			}
			b.put(s, req.Label)
			b.get(s, req)
		}
		if n := b.Stats().Filed; n != shards*each {
			t.Fatalf("%d leases filed, want %d", n, shards*each)
		}
		b.now.Add(int64(time.Second))
		for filed, behind := shards*each, true; behind; {
			p := b.Advance(budget)
			left := b.Stats().Filed
			if filed-left > budget {
				t.Fatalf("budget %d: %d leases looked at", budget, filed-left)
			}
			filed, behind = left, p.Behind
			if !behind && left != 0 {
				t.Errorf("budget %d: %d leases filed, and not behind", budget, left)
			}
		}
		if n := b.Stats().Leases; n != shards*each {
			t.Errorf("%d leases alive, want %d", n, shards*each)
		}
	}
}

// TestClockWraps has leases linger across the wrap of the count of ticks, and
// beyond days without an Advance.
func TestClockWraps(t *testing.T) {
	const short = 100 * time.Microsecond
	b := newRig(t, core.Options{Tick: short})
	ns := b.space("a")
	s := b.socket(ns, 1)
	wrap := short << 32
	for passed := time.Duration(0); passed < 2*wrap; passed += wrap / 5 {
		b.lease(s, 1, core.Exclusive, wrap/5-short)
		b.lease(s, 2, core.Exclusive, wrap/4)
		b.put(s, 1)
		b.put(s, 2)
		if p := b.wait(wrap/5 - short - 1); p.Expired != 0 {
			t.Fatalf("at %v: %+v", passed, p)
		}
		b.wait(short + 1)
		if alive(ns, 1) || !alive(ns, 2) {
			t.Fatalf("at %v: label 1 alive %v, label 2 alive %v", passed, alive(ns, 1), alive(ns, 2))
		}
		ns.Purge()
	}
}

// TestClockBack: a clock that steps back ends nothing and breaks nothing.
func TestClockBack(t *testing.T) {
	b := newRig(t, core.Options{})
	ns := b.space("a")
	s := b.socket(ns, 1)
	b.now.Store(int64(time.Hour))
	b.lease(s, 1, core.Any, time.Second)
	b.put(s, 1)
	b.now.Store(int64(-time.Hour))
	if p := b.Advance(0); p.Expired != 0 || p.Next <= 0 {
		t.Errorf("%+v", p)
	}
	b.now.Store(int64(time.Hour))
	if p := b.wait(time.Second + tick); p.Expired != 1 {
		t.Errorf("%+v", p)
	}
}
