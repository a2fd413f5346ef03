package bench

import (
	"fmt"
	"net/netip"
	"sync"
	"testing"

	"github.com/flowlabel/flowlabel/bench/order"
	"github.com/flowlabel/flowlabel/core"
)

const flowLeases = benchFlows / 2

// flowHome has all flows that the benchmarks look up: each has a socket, each
// socket one label, and two sockets share a lease, since there are not as many
// labels as flows. The leases are guarded, so labels are checked.
var flowHome = sync.OnceValue(func() home {
	eng, err := core.New(core.Options{ManualAdvance: true, MaxSockets: benchFlows, MaxFlows: benchFlows})
	must(err)
	ns, err := eng.Namespace("bench", core.NamespaceOptions{})
	must(err)
	for i, f := range flows().in {
		s, err := ns.Socket(core.SocketOptions{Protocol: core.UDP, Owner: owner})
		must(err)
		_, err = s.Get(core.Request{Label: flowLabel(i), Dst: dst, Share: core.User, Create: true})
		must(err)
		must(s.Bind(tuple(f)))
		if i%1024 == 0 {
			eng.Advance(0) // so that what was replaced serves again
		}
	}
	return home{eng, ns}
})

// flowLabel is the label of a flow's socket.
func flowLabel(i int) core.Label { return core.Label(i%flowLeases) + 1 }

func tuple(f order.Flow) core.Tuple {
	t, err := core.NewTuple(f.Protocol,
		netip.AddrPortFrom(netip.AddrFrom16(f.Src), f.SrcPort),
		netip.AddrPortFrom(netip.AddrFrom16(f.Dst), f.DstPort))
	must(err)
	return t
}

// engineTuple is what the engine takes for a flow.
type engineTuple = core.Tuple

// tuples is the order of flows in the engine's own type.
var tuples = eachHits(func(hits int) order.Drawn[core.Tuple] {
	d := flowOrders(hits)()
	t := order.Drawn[core.Tuple]{Keys: make([]core.Tuple, len(d.Keys)), At: d.At}
	for i, f := range d.Keys {
		t.Keys[i] = tuple(f)
	}
	return t
})

// flowEngine looks flows up one by one, a section for every burst of them.
//
//go:noinline
func flowEngine() rival[engineTuple] {
	return rival[engineTuple]{name: "engine", worker: func() (lookup[engineTuple], func()) {
		h := flowHome()
		r, ns := h.eng.Reader("bench"), h.ns
		return func(tuples []core.Tuple) (sum uint64) {
			for len(tuples) > 0 {
				n := min(burst, len(tuples))
				r.Enter()
				for i := range tuples[:n] {
					if _, ok := r.Find(ns, &tuples[i]); ok {
						sum++
					}
				}
				r.Exit()
				tuples = tuples[n:]
			}
			return sum
		}, r.Close
	}}
}

// flowEngineBurst looks up 32 at a time, each burst in a section.
//
//go:noinline
func flowEngineBurst() rival[engineTuple] {
	return rival[engineTuple]{name: "engine", worker: func() (lookup[engineTuple], func()) {
		h := flowHome()
		r, ns := h.eng.Reader("bench"), h.ns
		found := make([]core.Socket, burst)
		return func(tuples []core.Tuple) (sum uint64) {
			for len(tuples) > 0 {
				n := min(burst, len(tuples))
				r.Enter()
				r.FindBurst(ns, tuples[:n], found[:n])
				r.Exit()
				for i := range found[:n] {
					if found[i] != (core.Socket{}) {
						sum++
					}
				}
				tuples = tuples[n:]
			}
			return sum
		}, r.Close
	}}
}

// packets is the order of flows as packets, each with its socket's label.
var packets = eachHits(func(hits int) order.Drawn[order.Packet] {
	return order.Packets(flowOrders(hits)(), packetLabel)
})

func packetLabel(at uint32) uint32 {
	if at == 0 {
		return 0
	}
	return uint32(flowLabel(int(at) - 1))
}

// packetEngine has bursts of packets labelled: parsed, their sockets found, their
// labels checked and written.
//
//go:noinline
func packetEngine() rival[order.Packet] {
	return rival[order.Packet]{name: "engine", worker: func() (lookup[order.Packet], func()) {
		h := flowHome()
		r, ns := h.eng.Reader("bench"), h.ns
		views, out := make([][]byte, burst), make([]core.Decision, burst)
		return func(packets []order.Packet) (sum uint64) {
			for len(packets) > 0 {
				n := min(burst, len(packets))
				for i := range packets[:n] {
					views[i] = packets[i][:]
				}
				r.Enter()
				r.LabelBurst(ns, views[:n], out[:n])
				r.Exit()
				for i := range out[:n] {
					if out[i].Verdict == core.Allowed {
						sum++
					}
				}
				packets = packets[n:]
			}
			return sum
		}, r.Close
	}}
}

func memoryOfFlows(b *testing.B) {
	b.Run(fmt.Sprintf("flows=%d/impl=engine", benchFlows), func(b *testing.B) {
		bytes(b, bytesOf(flowHome().eng.Stats(), "flows", "flow buckets")/benchFlows, "B/flow")
	})
}
