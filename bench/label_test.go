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

// entry is what a table has for a label: the slot of its lease and, beside it, the share
// mode, as the engine has it. So nobody's lookup goes to the lease.
type entry uint32

func (e entry) share() uint64 { return uint64(e & 0xff) }

// leased are the labels in use, with what tables have for them, and the labels that are
// free.
type leased struct {
	in, out []uint32
	entries []entry // of in
	shares  []uint8 // of in
}

var labels = sync.OnceValue(func() leased {
	in, out := order.Labels(benchLeases)
	l := leased{in, out, make([]entry, len(in)), make([]uint8, len(in))}
	for i := range in {
		l.shares[i] = [...]uint8{1, 2, 3, 255}[i%4]
		l.entries[i] = entry(i+1)<<8 | entry(l.shares[i])
	}
	return l
})

var labelOrders = orders(func() (in, out []uint32) { return labels().in, labels().out })

// labelWorth is the share mode of a draw that hits.
func labelWorth(at uint32) uint64 {
	if at == 0 {
		return 0
	}
	return uint64(labels().shares[at-1])
}

// BenchmarkLabelLookup finds whether a label of a namespace is leased, and how it is
// shared.
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
	cells := new([order.LabelSpace]atomic.Uint32)
	for i, label := range known.in {
		cells[label].Store(uint32(known.entries[i]))
	}
	return func(labels []uint32) (sum uint64) {
		for _, label := range labels {
			sum += entry(cells[label%order.LabelSpace].Load()).share()
		}
		return sum
	}
}

//go:noinline
func rwmutexLabels() lookup[uint32] {
	known := labels()
	m := make(map[uint32]entry, len(known.in))
	for i, label := range known.in {
		m[label] = known.entries[i]
	}
	var mu sync.RWMutex
	return func(labels []uint32) (sum uint64) {
		for _, label := range labels {
			mu.RLock()
			l := m[label]
			mu.RUnlock()
			sum += l.share()
		}
		return sum
	}
}

//go:noinline
func syncmapLabels() lookup[uint32] {
	known := labels()
	var m sync.Map
	for i, label := range known.in {
		m.Store(label, known.entries[i])
	}
	return func(labels []uint32) (sum uint64) {
		for _, label := range labels {
			if l, ok := m.Load(label); ok {
				sum += l.(entry).share()
			}
		}
		return sum
	}
}

//go:noinline
func xsync3Labels() lookup[uint32] {
	known := labels()
	m := xsync.NewMapOf[uint32, entry](xsync.WithPresize(len(known.in)))
	for i, label := range known.in {
		m.Store(label, known.entries[i])
	}
	return func(labels []uint32) (sum uint64) {
		for _, label := range labels {
			if l, ok := m.Load(label); ok {
				sum += l.share()
			}
		}
		return sum
	}
}

//go:noinline
func xsync4Labels() lookup[uint32] {
	known := labels()
	m := xsync4.NewMap[uint32, entry](xsync4.WithPresize(len(known.in)))
	for i, label := range known.in {
		m.Store(label, known.entries[i])
	}
	return func(labels []uint32) (sum uint64) {
		for _, label := range labels {
			if l, ok := m.Load(label); ok {
				sum += l.share()
			}
		}
		return sum
	}
}

//go:noinline
func haxmapLabels() lookup[uint32] {
	known := labels()
	m := haxmap.New[uint32, entry](uintptr(len(known.in)))
	for i, label := range known.in {
		m.Set(label, known.entries[i])
	}
	return func(labels []uint32) (sum uint64) {
		for _, label := range labels {
			if l, ok := m.Get(label); ok {
				sum += l.share()
			}
		}
		return sum
	}
}
