package shard

import (
	"sync"
	"sync/atomic"
	"testing"
)

// TestFindWhileChanging looks for a flow that comes and goes in a bucket in which
// another does, in turn: alone, by the plain twin, and in the two steps of a burst. What is found
// must be its socket, and none that it was bound to only before the look began: each
// time it is another, of the next generation.
func TestFindWhileChanging(t *testing.T) {
	r := newKnown(t, segmentBuckets)
	h := place(0, 0, 1, 1)
	mine, theirs := craft(knownSeed, h, 0), craft(knownSeed, h, 1)
	r.bindAll(t, craft(knownSeed, place(0, 0, 2, 2), 0)) // so that there is a segment
	g := segment(r.flows.segments.Run(r.flows.dir.Load().word(h).run()))
	var (
		stop atomic.Bool
		gone atomic.Uint32 // the last generation that the flow was bound to and is not any more
		turn sync.WaitGroup
	)
	dwell := func(n uint32) {
		for range n {
			_ = stop.Load()
		}
	}
	turn.Go(func() {
		for n := uint32(1); !stop.Load(); n++ {
			slot := n % (slotMask / 4) * 2 // another one each time
			g.put(h, h.bucket(), newFlowWords(2+slot, 0, &mine, NewHandle(1, n)))
			dwell(n % 64)
			g.remove(h, h.bucket())
			gone.Store(n)
			dwell(n % 5)
			g.put(h, h.bucket(), newFlowWords(3+slot, 0, &theirs, NewHandle(2, n)))
			g.remove(h, h.bucket())
		}
	})
	looks := uint32(findWhileChanging)
	if testing.Short() {
		looks /= 20
	}
	var l FlowLookups
	l.Begin(r.flows, mine.namespace(), true)
	one := []Key{mine}
	for name, find := range map[string]func() Handle{
		"alone": func() Handle { return r.flows.Find(&mine) },
		"plain": func() Handle { return r.flows.findPlain(&mine, mine.namespace()) },
		"touched": func() Handle {
			l.Hash(one, 0)
			l.touch(one, 0)
			return l.Sockets[0]
		},
		"compared": func() Handle {
			l.Hash(one, 0)
			l.compare(one, 0, 1)
			return l.Sockets[0]
		},
	} {
		found := 0
		for n := range looks {
			dwell(n % 64)
			before := gone.Load()
			s := find()
			if s != 0 {
				found++
			}
			if s != 0 && (s.Slot() != 1 || s.Generation() <= before) {
				t.Fatalf("%s: found socket %d of generation %d; %d has gone", name, s.Slot(), s.Generation(), before)
			}
		}
		t.Logf("%s: found %d times", name, found)
	}
	stop.Store(true)
	turn.Wait()
}
