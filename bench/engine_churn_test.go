package bench

import (
	"testing"

	"github.com/flowlabel/flowlabel/core"
)

func newChurnEngine(tb testing.TB, labels []uint32) churner {
	eng := newEngine(tb, core.Options{Shards: 1})
	ns := newNamespace(tb, eng, "bench")
	sockets := make([]core.Socket, churnSockets)
	for i := range sockets {
		sockets[i] = newSocket(tb, ns)
	}
	for i, label := range labels {
		get(tb, sockets[i%churnSockets], core.Request{Label: core.Label(label), Share: core.Exclusive, Create: true})
	}
	holder, other := newSocket(tb, ns), newSocket(tb, ns)
	shared := get(tb, holder, core.Request{Share: core.Any, Create: true})
	r := eng.Reader("bench")
	writes := 0
	return churner{
		lookup: func(places []uint32) (sum uint64) {
			for _, at := range places {
				r.Enter()
				v := r.Check(sockets[at%churnSockets], core.Label(labels[at]))
				r.Exit()
				if v == core.Allowed {
					sum++
				}
			}
			return sum
		},
		write: func() error {
			req := core.Request{Dst: dst, Share: core.Any, Label: shared}
			if writes++; writes%2 == 0 {
				req = core.Request{Dst: dst, Share: core.Exclusive, Create: true}
			}
			if writes%everyWrites == 0 {
				eng.Advance(0)
			}
			label, err := other.Get(req)
			if err != nil {
				return err
			}
			return other.Put(label)
		},
		end: func() { r.Close(); _ = eng.Close() },
	}
}
