package bench

import (
	"fmt"
	"sync"
	"testing"
	"unsafe"

	"github.com/alphadose/haxmap"
	"github.com/puzpuzpuz/xsync/v3"
	xsync4 "github.com/puzpuzpuz/xsync/v4"

	"github.com/flowlabel/flowlabel/bench/order"
)

// benchFlows is how many flows are known, each with a socket of its own.
const benchFlows = 1 << 20

// flowSet are the flows that are known, and as many that are not.
type flowSet struct{ in, out []order.Flow }

var flows = sync.OnceValue(func() flowSet {
	in, out := order.Flows(benchFlows)
	return flowSet{in, out}
})

var flowOrders = orders(func() (in, out []order.Flow) { return flows().in, flows().out })

// flowWorth is the number of the socket, which is the flow's.
func flowWorth(at uint32) uint64 { return uint64(at) }

// BenchmarkFlowLookup finds the socket of a 5-tuple.
func BenchmarkFlowLookup(b *testing.B) {
	rivals := append(flowRivals(), peerFlows()...)
	for _, h := range hits {
		of := hit(fmt.Sprintf("flows=%d", benchFlows), h)
		read(b, of, tuples(h), one, []rival[engineTuple]{flowEngine()})
		read(b, of, flowOrders(h), flowWorth, rivals)
	}
}

// BenchmarkFlowBurst does the same for 32 flows at a time.
func BenchmarkFlowBurst(b *testing.B) {
	rivals := peerFlowBursts()
	for _, h := range hits {
		of := hit(fmt.Sprintf("flows=%d", benchFlows), h)
		read(b, of, tuples(h), one, []rival[engineTuple]{flowEngineBurst()})
		read(b, of, flowOrders(h), flowWorth, rivals)
	}
}

// BenchmarkPacket takes bursts of 32 packets through the engine's whole path. The
// rival does less: it only looks up keys that somebody has taken out of the
// packets already.
func BenchmarkPacket(b *testing.B) {
	rivals := peerFlowBursts()
	for _, h := range hits {
		of := hit(fmt.Sprintf("flows=%d", benchFlows), h)
		read(b, of, packets(h), one, []rival[order.Packet]{packetEngine()})
		read(b, of, flowOrders(h), flowWorth, rivals)
	}
}

func flowRivals() []rival[order.Flow] {
	return []rival[order.Flow]{
		lazily("rwmutex", rwmutexFlows),
		lazily("syncmap", syncmapFlows),
		lazily("xsync3", xsync3Flows),
		lazily("xsync4", xsync4Flows),
		lazily("haxmap", haxmapFlows),
	}
}

//go:noinline
func rwmutexFlows() lookup[order.Flow] {
	known := flows().in
	m := make(map[order.Flow]uint32, len(known))
	for i, f := range known {
		m[f] = uint32(i) + 1
	}
	var mu sync.RWMutex
	return func(flows []order.Flow) (sum uint64) {
		for i := range flows {
			mu.RLock()
			socket := m[flows[i]]
			mu.RUnlock()
			sum += uint64(socket)
		}
		return sum
	}
}

//go:noinline
func syncmapFlows() lookup[order.Flow] {
	var m sync.Map
	for i, f := range flows().in {
		m.Store(f, uint32(i)+1)
	}
	return func(flows []order.Flow) (sum uint64) {
		for i := range flows {
			if socket, ok := m.Load(flows[i]); ok {
				sum += uint64(socket.(uint32))
			}
		}
		return sum
	}
}

//go:noinline
func xsync3Flows() lookup[order.Flow] {
	known := flows().in
	m := xsync.NewMapOf[order.Flow, uint32](xsync.WithPresize(len(known)))
	for i, f := range known {
		m.Store(f, uint32(i)+1)
	}
	return func(flows []order.Flow) (sum uint64) {
		for i := range flows {
			socket, _ := m.Load(flows[i])
			sum += uint64(socket)
		}
		return sum
	}
}

//go:noinline
func xsync4Flows() lookup[order.Flow] {
	known := flows().in
	m := xsync4.NewMap[order.Flow, uint32](xsync4.WithPresize(len(known)))
	for i, f := range known {
		m.Store(f, uint32(i)+1)
	}
	return func(flows []order.Flow) (sum uint64) {
		for i := range flows {
			socket, _ := m.Load(flows[i])
			sum += uint64(socket)
		}
		return sum
	}
}

// haxmapFlows takes the flow's bytes for a string: it knows no other keys of 40
// bytes.
//
//go:noinline
func haxmapFlows() lookup[order.Flow] {
	known := flows().in
	m := haxmap.New[string, uint32](uintptr(len(known)))
	for i := range known {
		m.Set(text(&known[i]), uint32(i)+1)
	}
	return func(flows []order.Flow) (sum uint64) {
		for i := range flows {
			socket, _ := m.Get(text(&flows[i]))
			sum += uint64(socket)
		}
		return sum
	}
}

// text is a flow's memory as a string. It is sound because flows are written only
// when they are made, and have no padding.
func text(f *order.Flow) string {
	return unsafe.String((*byte)(unsafe.Pointer(f)), unsafe.Sizeof(*f))
}
