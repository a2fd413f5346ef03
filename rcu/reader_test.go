package rcu

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
)

// TestRegister checks that records are reused, that chunks grow, and that Close
// may be called twice.
func TestRegister(t *testing.T) {
	d := New(Options{})
	var all []*Reader
	seen := make(map[*record]bool)
	for range 3*chunkSize + 1 {
		r := d.Register("r")
		if seen[r.rec] {
			t.Fatal("two readers have one record")
		}
		seen[r.rec] = true
		all = append(all, r)
	}
	if got := d.Stats().Readers; got != len(all) {
		t.Errorf("%d readers, want %d", got, len(all))
	}
	for i, r := range all {
		if r.Index() != i {
			t.Errorf("reader %d has index %d", i, r.Index())
		}
		r.Close()
		r.Close()
	}
	if got := d.Stats().Readers; got != 0 {
		t.Errorf("%d readers after Close", got)
	}
	if again := d.Register("again"); !seen[again.rec] {
		t.Error("a free record was not reused")
	}
}

// TestCloseInside checks that Close ends an open section.
func TestCloseInside(t *testing.T) {
	d := New(Options{})
	r := d.Register("r")
	r.Enter()
	r.Close()
	if err := d.Synchronize(context.Background()); err != nil {
		t.Error(err)
	}
}

// TestDeath lets workers end without Close, some inside a section, and waits
// until the collector has given their records back.
func TestDeath(t *testing.T) {
	d := New(Options{})
	kept := d.Register("kept")
	kept.Enter()
	stamp := d.Stamp()
	var workers sync.WaitGroup
	for i := range 20 {
		workers.Go(func() {
			r := d.Register("mortal")
			if r.Enter(); i%2 == 0 {
				r.Exit()
			}
		})
	}
	workers.Wait()
	for d.Stats().Readers > 1 {
		runtime.GC()
		runtime.Gosched() // the runtime's cleanup goroutine
	}
	for rec := range d.all() {
		if rec.state.load() != 0 && rec != kept.rec {
			t.Errorf("the section of a dead reader is open: %q", rec.name)
		}
	}
	if d.Elapsed(stamp) {
		t.Error("a living reader was passed over")
	}
	kept.Exit()
	if err := d.Synchronize(context.Background()); err != nil {
		t.Error(err)
	}
	kept.Close()
	runtime.GC()
	if got := d.Stats().Readers; got != 0 {
		t.Errorf("%d readers, want 0: closed and cleaned up is once", got)
	}
}

// TestBorrow checks that sections borrowed at once have records of their own,
// and that the pool grows with them only.
func TestBorrow(t *testing.T) {
	d := New(Options{})
	lent := 4*d.width + 1
	for range 3 {
		seen := make(map[*Reader]bool)
		var open []*Reader
		for range lent {
			r := d.Borrow()
			if seen[r] {
				t.Fatal("one reader was lent twice")
			}
			if r.Index() < 0 || r.Index() > 255 && !pinnable {
				t.Errorf("index %d", r.Index())
			}
			seen[r] = true
			open = append(open, r)
		}
		for _, r := range open {
			d.Return(r)
		}
	}
	for i := range d.own.records {
		if got := d.own.records[i].borrowed.Index(); got != i {
			t.Errorf("processor %d's own reader has index %d", i, got)
		}
	}
	// How many of its processor's own the goroutine got depends on where it ran.
	own := len(d.own.records)
	if shared := d.Stats().Pooled - own; shared < lent-own || shared >= lent+d.width {
		t.Errorf("%d shared readers and %d own for %d borrowers", shared, own, lent)
	}
}

// TestBorrowCrowd lets many goroutines borrow at once, each looking whether its
// record is its own, while the number of processors changes.
func TestBorrowCrowd(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	d := New(Options{})
	var crowd sync.WaitGroup
	for range 16 {
		crowd.Go(func() {
			for range 2000 {
				r := d.Borrow()
				index := r.Index()
				runtime.Gosched()
				if r.rec.state.load() == 0 || r.Index() != index {
					t.Error("somebody else used a borrowed reader")
				}
				d.Return(r)
			}
		})
	}
	for i := range 20 {
		runtime.GOMAXPROCS(1 + i*7%(4*d.width+3))
	}
	crowd.Wait()
	for rec := range d.all() {
		if rec.state.load() != 0 {
			t.Error("a section is open")
		}
	}
}

// TestPin changes the number of processors under pinned sections, also beyond
// the records made for them.
func TestPin(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	d := New(Options{})
	d.interval = 0
	var stop atomic.Bool
	var crowd sync.WaitGroup
	for range 8 {
		crowd.Go(func() {
			for n := 1; !stop.Load(); n++ {
				s := d.Pin()
				state := s.rec.state.load()
				s.Unpin()
				if state == 0 {
					t.Error("a pinned section is not open")
				}
				if n%64 == 0 {
					runtime.Gosched()
				}
			}
		})
	}
	for i := range 40 {
		runtime.GOMAXPROCS(1 + i*7%(4*d.width+3))
		if err := d.Synchronize(context.Background()); err != nil {
			t.Error(err)
		}
	}
	stop.Store(true)
	crowd.Wait()
	for rec := range d.all() {
		if rec.state.load() != 0 {
			t.Errorf("a section is open: %s", rec.name)
		}
	}
}

// TestPinHolds checks that both kinds of pinned section hold the epoch up.
func TestPinHolds(t *testing.T) {
	for _, records := range []int{0, 1024} {
		d := New(Options{})
		d.interval = 0
		d.pinned.records = d.newRecords(records, nameBorrowed)
		d.Stamp()
		s := d.Pin()
		onProcessor := s.pinned
		moves, held := 0, false
		if !onProcessor {
			for d.TryAdvance() {
				moves++
			}
		} else { // what TryAdvance looks at; it may not be called here
			held, _ = d.scan(firstEpoch+1, 0)
		}
		s.Unpin()
		if want := pinnable && records > 0; onProcessor != want {
			t.Errorf("%d records: pinned %v, want %v", records, onProcessor, want)
		}
		if !onProcessor && moves != 1 || onProcessor && !held {
			t.Errorf("%d records: the section held nothing up", records)
		}
	}
}

// TestNoAllocation checks that the ways into a section and out do not allocate.
func TestNoAllocation(t *testing.T) {
	eachMethod(t, func(t *testing.T, plain bool) {
		d := newDomain(Options{}, plain)
		r := d.Register("r")
		defer r.Close()
		d.Return(d.Borrow()) // the pool's first chunk, where there is no record of the processor's own
		for _, c := range []struct {
			name string
			do   func()
		}{
			{"Enter and Exit", func() { r.Enter(); r.Exit() }},
			{"Borrow and Return", func() { d.Return(d.Borrow()) }},
			{"Pin and Unpin", func() { s := d.Pin(); s.Unpin() }},
			{"Stamp, TryAdvance and Elapsed", func() { s := d.Stamp(); d.TryAdvance(); d.Elapsed(s) }},
		} {
			if n := testing.AllocsPerRun(1000, c.do); n != 0 {
				t.Errorf("%s: %v allocations", c.name, n)
			}
		}
	})
}
