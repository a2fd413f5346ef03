package timerwheel

import (
	"math"
	"sync"
	"testing"
)

// TestExtendKeepsTheLatest has goroutines extend one deadline against each other.
// After its own Extend, none may see an earlier deadline: an Extend that looks
// and stores without a CAS takes back what came in between.
func TestExtendKeepsTheLatest(t *testing.T) {
	const (
		workers = 4
		rounds  = 200_000
	)
	start := uint32(math.MaxUint32 - rounds) // the counter wraps on the way
	var n Node
	n.Reset(start)
	var wg sync.WaitGroup
	for worker := range uint32(workers) {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for round := range uint32(rounds) {
				deadline := start + round*workers + worker
				n.Extend(deadline)
				if got := n.Deadline(); after(deadline, got) {
					t.Errorf("extended to %d, then found %d", deadline, got)
					return
				}
			}
		}()
	}
	wg.Wait()
	if want := start + rounds*workers - 1; n.Deadline() != want {
		t.Errorf("deadline %d, not %d", n.Deadline(), want)
	}
}

// TestTopLevelGoesRound files deadlines all over half of the counter, from
// places all over the counter, so that ids stand in the top level's slots before
// and behind the wrap at once. They fire in order.
func TestTopLevelGoesRound(t *testing.T) {
	const step = half / ledgerIDs
	for start := uint64(0); start < 1<<32; start += 1 << 28 {
		l := newLedger(t, uint32(start)+12345)
		for id := uint32(1); id <= ledgerIDs; id++ {
			l.file(id, int64(id)*step)
		}
		l.check()
		l.advance(half, math.MaxInt)
		for i, id := range l.fired {
			if int(id) != i+1 {
				t.Fatalf("from tick %d: fired %v", l.start, l.fired)
			}
		}
	}
}
