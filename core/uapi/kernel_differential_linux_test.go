package uapi_test

import (
	"fmt"
	"testing"
	"time"
)

// operations is how many operations are compared at least; a short run does not
// take every branch as often as it should.
const operations, shortOperations = 600_000, 60_000

// run runs steps on the kernel, the model and the engine, in namespaces that
// nobody has used. It says whether all was done before the first lease can have
// ended: if not, what was seen counts for nothing, either way.
func (k *kernel) run(steps []step, counts map[string]int) (d *divergence, timely bool) {
	start := time.Now()
	var now time.Duration
	clock := func() time.Duration { return now }
	tick := func() { now = time.Since(start) }
	w := k.newWorld()
	defer w.close()
	m := newModelWorld(&k.place, clock)
	e := newEngineWorld(&k.place, clock)
	defer e.close()
	d = compare(steps, m, tick, counts, w, e)
	tick()
	return d, now < untimed
}

// untimed is how long a history may take: less than the shortest linger.
const untimed = (minLinger - 1) * time.Second

// again is run for what is shrunk.
func (k *kernel) again(left int) func([]step) *divergence {
	return func(steps []step) *divergence {
		k.settle(left)
		if d, timely := k.run(steps, nil); timely {
			return d
		}
		return nil
	}
}

// spare is how many leases may be left over from earlier histories, so that no
// quota but a socket's is felt.
const spare = 900

// TestKernelDifferential compares the live kernel, the model and the engine, on
// random histories of all that can be asked of leases but to wait for their end.
func TestKernelDifferential(t *testing.T) {
	machineLock(t)
	counts, done, divergences, late, size := map[string]int{}, 0, 0, 0, 4000
	least, quotaHistories := operations, 8
	if testing.Short() {
		least, quotaHistories = shortOperations, 2
	}
	// check says whether a history was in time.
	check := func(k *kernel, steps []step, left int) bool {
		k.settle(left)
		taken := map[string]int{}
		d, timely := k.run(steps, taken)
		if !timely {
			if late++; late > 10 {
				t.Errorf("%d histories took longer than %v: this machine is too busy", late, untimed)
			}
			return false
		}
		for why, n := range taken {
			counts[why] += n
		}
		if d == nil {
			done += len(steps)
			return true
		}
		done += d.at + 1
		divergences++
		t.Log(d.text)
		report(t, steps, k.again(left))
		return true
	}
	err := onKernel([]bool{false, false, true}, func(k *kernel) {
		base := k.tableSize()
		for seed, counted := uint64(0), 0; counted < quotaHistories && !t.Failed(); seed++ {
			k.place.pins, k.place.base = 0, base
			if check(k, newHistory(seed, &k.place).quotaSteps(), 0) {
				counted++ // one that was late does not fill the table's seldom rows
			}
		}
		k.place.pins, k.place.base = 40, 0
		for seed := uint64(0); done < least && !t.Failed(); seed++ {
			if !check(k, newHistory(seed, &k.place).steps(size), spare) {
				size = max(size/2, 250) // where all is slow
				t.Logf("histories of %d steps from here on", size)
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if late > 0 {
		t.Logf("%d histories took too long and do not count", late)
	}
	fmt.Printf("kernel differential: operations=%d divergences=%d\n", done, divergences)
	table(t, counts)
}

// TestKernelReplay runs a pasted history on the kernel.
func TestKernelReplay(t *testing.T) {
	machineLock(t)
	err := onKernel([]bool{false, false, true}, func(k *kernel) {
		k.place.pins = 40
		if d := k.again(0)(replayed); d != nil {
			t.Error(d.text)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}
