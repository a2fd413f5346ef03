package shard

import (
	"sync"
	"sync/atomic"
	"testing"
)

// TestFindWhileMoving looks for a label that is held all the while, but moves
// from place to place: it is taken once more, into the first empty place, and its
// first use is put. A list in the socket itself, and lists in blocks.
func TestFindWhileMoving(t *testing.T) {
	for _, others := range []int{3, 6, 30} {
		r := newRig()
		ss := NewSockets(r.domain, r.arena, 1, 4, 64, nil)
		_, s, generation := opened(t, ss)
		fill(t, ss, s, generation, others) // labels from 1 on
		const label = 1000
		hold := func() {
			ss.Publish(s, generation, 0, NewEntry(label, label, false), new(Lease), 0, 0)
		}
		hold()
		var stop atomic.Bool
		var mover sync.WaitGroup
		mover.Go(func() {
			for n := uint32(0); !stop.Load(); n++ {
				r.inside(func() {
					hold() // in the last place, or where a filler has made room
					ss.Remove(s, generation, label)
					filler := n%uint32(others) + 1 // makes room in front, and takes it again behind
					ss.Remove(s, generation, filler)
					hold()
					ss.Remove(s, generation, label)
					ss.Publish(s, generation, 0, NewEntry(filler, filler, false), new(Lease), 0, 0)
				})
			}
		})
		missed := 0
		reader := r.domain.Register("test")
		for range findWhileMoving {
			reader.Enter()
			if e, ok := ss.Find(s, generation, label); !ok || e.Label() != label {
				missed++
			}
			reader.Exit()
		}
		reader.Close()
		stop.Store(true)
		mover.Wait()
		if missed != 0 {
			t.Errorf("%d others: the label was missed %d times", others, missed)
		}
	}
}

// findWhileMoving is how often TestFindWhileMoving looks.
const findWhileMoving = 2_000_000

// findWhileChanging is how often TestFindWhileChanging looks, in each way.
const findWhileChanging = 10_000_000
