package bench

import (
	"testing"

	"github.com/flowlabel/flowlabel/bench/order"
)

// right has every rival look the keys up one by one: each answer is compared, and
// not only the sum of all.
func right[K any](t *testing.T, d order.Drawn[K], worth func(at uint32) uint64, rivals []rival[K]) {
	const n = 2000
	for _, r := range rivals {
		t.Run(r.name, func(t *testing.T) {
			loop, end := r.worker()
			defer end()
			for i := range n {
				if got, want := loop(d.Keys[i:i+1]), worth(d.At[i]); got != want {
					t.Fatalf("key %d: %d, want %d", i, got, want)
				}
			}
			if got, want := loop(d.Keys[:n]), d.Sum(n, worth); got != want {
				t.Fatalf("sum %d, want %d", got, want)
			}
		})
	}
}

// TestRivals: every rival finds what there is to find and nothing else, before
// anybody compares how fast it does.
func TestRivals(t *testing.T) {
	t.Run("SocketLookup", func(t *testing.T) {
		in, out := order.Labels(32)
		rivals := append([]rival[uint32]{socketEngine(t, in)}, socketRivals(in)...)
		right(t, order.Draw(in, out, 50), one, rivals)
	})
	t.Run("LabelLookup", func(t *testing.T) {
		right(t, engineLabels(50)(), labelWorth, []rival[engineLabel]{labelEngine(), labelEngineBurst()})
		rivals := append(labelRivals(), peerLabels()...)
		right(t, labelOrders(50)(), labelWorth, append(rivals, peerLabelBursts()...))
	})
	t.Run("FlowLookup", func(t *testing.T) {
		right(t, tuples(50)(), one, []rival[engineTuple]{flowEngine(), flowEngineBurst()})
		right(t, packets(50)(), one, []rival[order.Packet]{packetEngine()})
		rivals := append(flowRivals(), peerFlows()...)
		right(t, flowOrders(50)(), flowWorth, append(rivals, peerFlowBursts()...))
	})
	t.Run("ReadSection", func(t *testing.T) {
		link.to.Store(1)
		steps := order.Drawn[step]{Keys: make([]step, 2000), At: make([]uint32, 2000)}
		for i := range steps.At {
			steps.At[i] = 1
		}
		right(t, steps, one, append(sections(), peerSections()...))
	})
}

// TestShare: the shares of the workers add up, and differ by one at most.
func TestShare(t *testing.T) {
	for _, workers := range []int{1, 2, 3, 16} {
		for _, n := range []int{1, 15, 16, 17, 1000} {
			sum := 0
			for w := range workers {
				s := share(n, w, workers)
				if s != n/workers && s != n/workers+1 {
					t.Errorf("worker %d of %d does %d of %d", w, workers, s, n)
				}
				sum += s
			}
			if sum != n {
				t.Errorf("%d workers do %d of %d", workers, sum, n)
			}
		}
	}
}

// TestCycle: a loop that is asked for more lookups than there are keys goes round.
func TestCycle(t *testing.T) {
	var l lookup[uint32] = func(keys []uint32) (sum uint64) {
		for _, k := range keys {
			sum += uint64(k)
		}
		return sum
	}
	for n, want := range map[int]uint64{0: 0, 1: 1, 3: 6, 4: 7, 7: 13} {
		if got := l.cycle([]uint32{1, 2, 3}, n); got != want {
			t.Errorf("%d lookups: %d, want %d", n, got, want)
		}
	}
}
