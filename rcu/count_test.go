package rcu

import (
	"sync"
	"testing"
)

// TestCount has borrowed and registered readers count at once, more of them than there are
// processors, and with sections that overlap: nothing is lost, nor forgotten by those who
// come after in the same record.
func TestCount(t *testing.T) {
	const workers, rounds = 16, 2000
	d := New(Options{})
	var all sync.WaitGroup
	for w := range workers {
		all.Go(func() {
			for range rounds {
				outer := d.Borrow()
				inner := d.Borrow()
				inner.Count(0)
				outer.Count(w % Counters)
				d.Return(inner)
				outer.Count(0)
				d.Return(outer)
			}
		})
		all.Go(func() {
			for range 10 {
				r := d.Register("counting")
				for range rounds / 10 {
					r.Enter()
					r.Count(1)
					r.Exit()
				}
				r.Close()
			}
		})
	}
	all.Wait()
	want := [Counters]int64{2 * workers * rounds, workers * rounds}
	for w := range workers {
		want[w%Counters] += rounds
	}
	for i, n := range want {
		if got := d.Counted(i); got != n {
			t.Errorf("counter %d: %d, want %d", i, got, n)
		}
	}
}
