package shard

import (
	"sync"
	"sync/atomic"
	"testing"
)

// TestFindWhileChanging looks for flows that come and go, bound to one socket, in
// the bucket in which others do, bound to another: alone, in a burst, and by
// the plain twin.
func TestFindWhileChanging(t *testing.T) {
	r := newKnown(t, segmentBuckets)
	other, slot, generation := opened(t, r.sockets)
	mine := craft(knownSeed, place(0, 0, 1, 1), 0)
	theirs := craft(knownSeed, place(0, 0, 1, 1), 1)
	var stop atomic.Bool
	var mover sync.WaitGroup
	mover.Go(func() {
		for !stop.Load() {
			r.inside(func() {
				if r.flows.Bind(&mine, r.id, r.socket, r.generation, 0) == Bound {
					r.flows.Unbind(&mine, r.id, r.generation)
				}
				if r.flows.Bind(&theirs, other, slot, generation, 0) == Bound {
					r.flows.Unbind(&theirs, other, generation)
				}
			})
			r.advance()
			r.flows.Collect(0)
		}
	})
	reader := r.domain.Register("test")
	keys, found := []Key{mine, mine}, make([]Handle, 2)
	finds := []func() Handle{
		func() Handle { return r.flows.Find(&mine) },
		func() Handle { return r.flows.findPlain(&mine, mine.word(4)) },
		func() Handle { r.flows.FindBurst(keys, found); return found[1] },
	}
	for i, find := range finds {
		for n := 0; n < findWhileChanging; {
			reader.Enter()
			got := find()
			reader.Exit()
			switch got {
			case NewHandle(r.id, r.generation):
				n++
			case 0:
			default:
				t.Fatalf("way %d found %#x, after it had found the right socket %d times", i, got, n)
			}
		}
	}
	reader.Close()
	stop.Store(true)
	mover.Wait()
}

// findWhileChanging is how often TestFindWhileChanging finds the flow, in each way.
const findWhileChanging = 4_000
