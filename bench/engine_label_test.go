package bench

import (
	"sync"

	"github.com/flowlabel/flowlabel/bench/order"
	"github.com/flowlabel/flowlabel/core"
)

// home is an engine with one namespace that benchmarks look things up in.
type home struct {
	eng *core.Engine
	ns  *core.Namespace
}

// labelHome has all labels in use that the benchmarks look up, 32 a socket.
var labelHome = sync.OnceValue(func() home {
	eng, err := core.New(core.Options{ManualAdvance: true})
	must(err)
	ns, err := eng.Namespace("bench", core.NamespaceOptions{})
	must(err)
	var s core.Socket
	for i, label := range labels().in {
		if i%32 == 0 {
			s, err = ns.Socket(core.SocketOptions{Owner: owner})
			must(err)
		}
		_, err = s.Get(core.Request{
			Label: core.Label(label), Dst: dst, Share: core.Share(labels().shares[i]), Create: true,
		})
		must(err)
	}
	return home{eng, ns}
})

// owner has all sockets that share leases.
var owner = core.Credentials{Process: 1, User: 1}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// engineLabel is what the engine takes for a label.
type engineLabel = core.Label

// engineLabels is the order of labels in the engine's own type.
var engineLabels = eachHits(func(hits int) order.Drawn[core.Label] {
	d := labelOrders(hits)()
	l := order.Drawn[core.Label]{Keys: make([]core.Label, len(d.Keys)), At: d.At}
	for i, label := range d.Keys {
		l.Keys[i] = core.Label(label)
	}
	return l
})

// labelEngine looks labels up one by one, a section for every burst of them.
//
//go:noinline
func labelEngine() rival[engineLabel] {
	return rival[engineLabel]{name: "engine", worker: func() (lookup[engineLabel], func()) {
		h := labelHome()
		r, ns := h.eng.Reader("bench"), h.ns
		return func(labels []core.Label) (sum uint64) {
			for len(labels) > 0 {
				n := min(burst, len(labels))
				r.Enter()
				for _, label := range labels[:n] {
					sum += uint64(r.ShareOf(ns, label))
				}
				r.Exit()
				labels = labels[n:]
			}
			return sum
		}, r.Close
	}}
}

// labelEngineBurst looks up 32 at a time, each burst in a section.
//
//go:noinline
func labelEngineBurst() rival[engineLabel] {
	return rival[engineLabel]{name: "engine", worker: func() (lookup[engineLabel], func()) {
		h := labelHome()
		r, ns := h.eng.Reader("bench"), h.ns
		shares := make([]core.Share, burst, 64) // a cache line for each worker
		return func(labels []core.Label) (sum uint64) {
			for len(labels) > 0 {
				n := min(burst, len(labels))
				r.Enter()
				r.ShareOfBurst(ns, labels[:n], shares[:n])
				r.Exit()
				for _, s := range shares[:n] {
					sum += uint64(s)
				}
				labels = labels[n:]
			}
			return sum
		}, r.Close
	}}
}
