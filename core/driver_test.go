package core_test

import (
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/flowlabel/flowlabel/core"
)

// drivers counts the goroutines that package core has started. Those of tests, and
// of the runtime, come and go.
func drivers() int {
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	return strings.Count(string(stacks), "created by github.com/flowlabel/flowlabel/core.")
}

// TestGoroutines: an engine that the program advances has none, others one,
// which Close joins.
func TestGoroutines(t *testing.T) {
	newRig(t, core.Options{})
	if d := drivers(); d != 0 {
		t.Errorf("%d goroutines with ManualAdvance", d)
	}
	var engines []*core.Engine
	for range 3 {
		eng, err := core.New(core.Options{})
		if err != nil {
			t.Fatal(err)
		}
		engines = append(engines, eng)
	}
	if d := drivers(); d != 3 {
		t.Errorf("%d goroutines with three engines", d)
	}
	for range 2 {
		for i, eng := range engines {
			_ = eng.Close()
			if d := drivers(); d > 2-i {
				t.Errorf("%d goroutines after %d Closes", d, i+1)
			}
		}
	}
}

// TestCloseJoins holds the engine's goroutine up in its clock: Close waits for it.
func TestCloseJoins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		var held atomic.Bool
		eng, err := core.New(core.Options{Clock: func() time.Duration {
			if held.Load() {
				<-gate
			}
			return 0
		}})
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		held.Store(true)
		time.Sleep(2 * time.Hour) // it wakes at least once an hour
		synctest.Wait()
		var closed atomic.Bool
		go func() {
			_ = eng.Close()
			closed.Store(true)
		}()
		synctest.Wait()
		if closed.Load() {
			t.Error("Close has not waited for the goroutine")
		}
		held.Store(false)
		close(gate)
		synctest.Wait()
		if !closed.Load() {
			t.Error("Close does not return")
		}
	})
}

// slept is an engine with its own goroutine, in a bubble of synctest where time
// passes by itself when everybody sleeps. It counts readings of the clock: each
// turn of the goroutine takes some.
type slept struct {
	*rig
	readings atomic.Int64
}

func newSlept(t *testing.T) *slept {
	s := new(slept)
	start := time.Now()
	eng, err := core.New(core.Options{Clock: func() time.Duration {
		s.readings.Add(1)
		return time.Since(start)
	}})
	if err != nil {
		t.Fatal(err)
	}
	s.rig = &rig{TB: t, Engine: eng}
	return s
}

// turns runs f and returns how often the clock was read meanwhile.
func (s *slept) turns(f func()) int64 {
	synctest.Wait()
	before := s.readings.Load()
	f()
	synctest.Wait()
	return s.readings.Load() - before
}

// TestDriverExpires has leases end by the engine's own goroutine: not before
// their time, and soon after it.
func TestDriverExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSlept(t)
		defer s.Close()
		ns := s.space("a")
		sock := s.socket(ns, 1)
		lingers := []time.Duration{1, 7 * tick, time.Second, time.Minute, 150 * time.Second, 3 * time.Hour, 1000 * time.Hour}
		// The longest first, so that each release has to wake a goroutine that
		// would sleep beyond the deadline.
		for i := len(lingers) - 1; i >= 0; i-- {
			s.lease(sock, core.Label(i+1), core.Any, lingers[i])
			s.put(sock, core.Label(i+1))
			synctest.Wait()
		}
		var passed time.Duration
		for i, linger := range lingers {
			linger = max(linger, tick)
			if until := linger - 1; until > passed {
				time.Sleep(until - passed)
				passed = until
			}
			synctest.Wait()
			if !alive(ns, core.Label(i+1)) {
				t.Errorf("a linger of %v was over too soon", linger)
			}
			time.Sleep(2*tick + 1)
			passed += 2*tick + 1
			synctest.Wait()
			if alive(ns, core.Label(i+1)) {
				t.Errorf("a linger of %v was not over after %v", linger, passed)
			}
		}
		if st := s.Stats(); st.Leases != 0 || st.Filed != 0 || inUse(st)["leases"] != 0 {
			t.Errorf("left: %+v", st)
		}
	})
}

// TestDriverSleeps sees the goroutine sleep while nothing is due.
func TestDriverSleeps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSlept(t)
		defer s.Close()
		ns := s.space("a")
		sock := s.socket(ns, 1)
		time.Sleep(time.Second)
		day := func() { time.Sleep(24 * time.Hour) }
		const most = 500 // an idle day is some turns; a day of ticks is millions
		if n := s.turns(day); n > most {
			t.Errorf("%d readings of the clock in an idle day", n)
		}
		s.lease(sock, 1, core.Any, time.Second) // alive: still nothing is due
		if n := s.turns(day); n > most {
			t.Errorf("%d readings of the clock in a day with a held lease", n)
		}
		s.lease(sock, 2, core.Any, 1000*time.Hour)
		s.put(sock, 2)
		if n := s.turns(day); n > most {
			t.Errorf("%d readings of the clock in a day with a far deadline", n)
		}
		_ = sock.Close()
		time.Sleep(time.Minute)
		if n := s.turns(day); n > most {
			t.Errorf("%d readings of the clock in a day after expiry", n)
		}
		if alive(ns, 1) || !alive(ns, 2) {
			t.Error("wrong leases are alive")
		}
	})
}

// TestDriverWaits: while a reader stays in a section the goroutine comes back,
// but no more than once a tick, and reclaims when the section is over.
func TestDriverWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSlept(t)
		defer s.Close()
		ns := s.space("a")
		sock := s.socket(ns, 1)
		r := s.Reader("slow")
		defer r.Close()
		r.Enter()
		s.lease(sock, 1, core.Any, 0)
		s.put(sock, 1)
		time.Sleep(time.Second)
		if st := s.Stats(); st.Leases != 0 || inUse(st)["leases"] != 1 {
			t.Errorf("in a section: %d leases, slots %v", st.Leases, inUse(st))
		}
		const readings = 3 // at most, for each turn
		if n := s.turns(func() { time.Sleep(time.Second) }); n > readings*int64(time.Second/tick)*2 {
			t.Errorf("%d readings of the clock in a second", n)
		}
		r.Exit()
		time.Sleep(time.Second)
		synctest.Wait()
		if use := inUse(s.Stats()); use["leases"] != 0 || use["index pages"] != 0 {
			t.Errorf("after the section: %v", use)
		}
	})
}
