package uapi_test

import (
	"fmt"
	"testing"
	"time"
)

// sentPackets is how many packets are compared at least.
const sentPackets, shortSentPackets = 40_000, 4_000

// runSends runs acts on the kernel, the model and the engine, in namespaces that
// nobody has used.
func (k *kernel) runSends(acts []act, counts map[cell]int) (r *sendRun, d *divergence) {
	start := time.Now()
	clock := func() time.Duration { return 0 } // nothing ends meanwhile
	w := k.newSendWorld()
	defer w.close()
	r = &sendRun{model: newSendModel(&k.place, clock, counts), engine: newSendEngine(&k.place, clock), wire: w}
	defer r.engine.close()
	d = r.run(acts)
	if took := time.Since(start) - w.waited; took > untimed {
		r.unlucky = fmt.Sprintf("it took %v", took)
	}
	if r.unlucky != "" {
		d = nil
	}
	return r, d
}

// TestKernelSends compares what the live kernel puts on the wire with what the
// engine says and with the model, on random histories of senders: first while
// there is nothing exclusive on the machine, then while there is.
func TestKernelSends(t *testing.T) {
	machineLock(t)
	counts, packets, divergences, unlucky, zeros := map[cell]int{}, 0, 0, 0, 0
	least := sentPackets
	if testing.Short() {
		least = shortSentPackets
	}
	check := func(k *kernel, acts []act) {
		k.settle(spare)
		taken := map[cell]int{}
		r, d := k.runSends(acts, taken)
		if r.unlucky != "" {
			if unlucky++; unlucky > 10 {
				t.Errorf("%d histories do not count: %s", unlucky, r.unlucky)
			}
			return
		}
		packets, zeros = packets+r.packets, zeros+r.byWire.zeros
		for c, n := range taken {
			counts[c] += n
		}
		if d == nil {
			return
		}
		divergences++
		t.Log(d.text)
		report(t, acts, func(acts []act) *divergence {
			k.settle(spare)
			_, d := k.runSends(acts, nil)
			return d
		})
	}
	err := onKernel([]bool{false, false}, func(k *kernel) {
		for seed := uint64(0); packets < least && !t.Failed(); seed++ {
			n := 12000 // long ones, since they wait before they begin
			if k.place.pins = 0; packets > least*2/5 {
				k.place.pins, n = 1, 600
			}
			check(k, newSendHistory(seed, &k.place).acts(n))
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if zeros > 3 {
		t.Errorf("%d automatic labels are 0: one in 2^20 may be", zeros)
	}
	t.Logf("%d histories do not count", unlucky)
	fmt.Printf("kernel sends: packets=%d divergences=%d\n", packets, divergences)
	sendTable(t, counts)
}
