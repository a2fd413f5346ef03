package bench

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/alphadose/haxmap"
	"github.com/puzpuzpuz/xsync/v3"
	xsync4 "github.com/puzpuzpuz/xsync/v4"

	"github.com/flowlabel/flowlabel/bench/order"
)

// benchLeases is how many labels of one namespace are in use: half of them.
const benchLeases = 1 << 19

// lease is what the rivals' tables lead to: a line of memory, as with the engine.
// What a lookup finds is the share mode that stands there.
type lease struct {
	share uint8
	_     [63]uint8
}

// leased are the labels in use, with their leases, and the labels that are free.
type leased struct {
	in, out []uint32
	shares  []uint8 // of in
	leases  []lease // of in, from 1 on
}

var labels = sync.OnceValue(func() leased {
	in, out := order.Labels(benchLeases)
	l := leased{in, out, make([]uint8, len(in)), make([]lease, len(in)+1)}
	for i := range in {
		l.shares[i] = [...]uint8{1, 2, 3, 255}[i%4]
		l.leases[i+1].share = l.shares[i]
	}
	return l
})

var labelOrders = orders(func() (in, out []uint32) { return labels().in, labels().out })

// labelWorth is the share mode of a draw that hits.
func labelWorth(at uint32) uint64 { return uint64(labels().leases[at].share) }

// BenchmarkLabelLookup finds the lease of a label in a namespace, and what it says.
func BenchmarkLabelLookup(b *testing.B) {
	rivals := append(labelRivals(), peerLabels()...)
	for _, h := range hits {
		of := hit(fmt.Sprintf("leases=%d", benchLeases), h)
		read(b, of, engineLabels(h), labelWorth, []rival[engineLabel]{labelEngine()})
		read(b, of, labelOrders(h), labelWorth, rivals)
	}
}

// BenchmarkLabelBurst does the same for 32 labels at a time.
func BenchmarkLabelBurst(b *testing.B) {
	rivals := append([]rival[uint32]{lazily("flat", flatLabels)}, peerLabelBursts()...)
	for _, h := range hits {
		of := hit(fmt.Sprintf("leases=%d", benchLeases), h)
		read(b, of, engineLabels(h), labelWorth, []rival[engineLabel]{labelEngineBurst()})
		read(b, of, labelOrders(h), labelWorth, rivals)
	}
}

func labelRivals() []rival[uint32] {
	return []rival[uint32]{
		lazily("flat", flatLabels),
		lazily("rwmutex", rwmutexLabels),
		lazily("syncmap", syncmapLabels),
		lazily("xsync3", xsync3Labels),
		lazily("xsync4", xsync4Labels),
		lazily("haxmap", haxmapLabels),
	}
}

// flatLabels is the floor: no table of labels can need less than one load.
//
//go:noinline
func flatLabels() lookup[uint32] {
	known := labels()
	slots, leases := new([order.LabelSpace]atomic.Uint32), known.leases
	for i, label := range known.in {
		slots[label].Store(uint32(i) + 1)
	}
	return func(labels []uint32) (sum uint64) {
		for _, label := range labels {
			if slot := slots[label%order.LabelSpace].Load(); slot != 0 {
				sum += uint64(leases[slot].share)
			}
		}
		return sum
	}
}

//go:noinline
func rwmutexLabels() lookup[uint32] {
	known := labels()
	m := make(map[uint32]*lease, len(known.in))
	for i, label := range known.in {
		m[label] = &known.leases[i+1]
	}
	var mu sync.RWMutex
	return func(labels []uint32) (sum uint64) {
		for _, label := range labels {
			mu.RLock()
			l := m[label]
			mu.RUnlock()
			if l != nil {
				sum += uint64(l.share)
			}
		}
		return sum
	}
}

//go:noinline
func syncmapLabels() lookup[uint32] {
	known := labels()
	var m sync.Map
	for i, label := range known.in {
		m.Store(label, &known.leases[i+1])
	}
	return func(labels []uint32) (sum uint64) {
		for _, label := range labels {
			if l, ok := m.Load(label); ok {
				sum += uint64(l.(*lease).share)
			}
		}
		return sum
	}
}

//go:noinline
func xsync3Labels() lookup[uint32] {
	known := labels()
	m := xsync.NewMapOf[uint32, *lease](xsync.WithPresize(len(known.in)))
	for i, label := range known.in {
		m.Store(label, &known.leases[i+1])
	}
	return func(labels []uint32) (sum uint64) {
		for _, label := range labels {
			if l, ok := m.Load(label); ok {
				sum += uint64(l.share)
			}
		}
		return sum
	}
}

//go:noinline
func xsync4Labels() lookup[uint32] {
	known := labels()
	m := xsync4.NewMap[uint32, *lease](xsync4.WithPresize(len(known.in)))
	for i, label := range known.in {
		m.Store(label, &known.leases[i+1])
	}
	return func(labels []uint32) (sum uint64) {
		for _, label := range labels {
			if l, ok := m.Load(label); ok {
				sum += uint64(l.share)
			}
		}
		return sum
	}
}

//go:noinline
func haxmapLabels() lookup[uint32] {
	known := labels()
	m := haxmap.New[uint32, *lease](uintptr(len(known.in)))
	for i, label := range known.in {
		m.Set(label, &known.leases[i+1])
	}
	return func(labels []uint32) (sum uint64) {
		for _, label := range labels {
			if l, ok := m.Get(label); ok {
				sum += uint64(l.share)
			}
		}
		return sum
	}
}
