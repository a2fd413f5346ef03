package bench

import (
	"net/netip"
	"sync"
	"testing"

	"github.com/flowlabel/flowlabel/core"
)

// This file and those named engine_*_test.go are all that touches the engine.

var dst = netip.MustParseAddr("2001:db8::1")

// newEngine returns an engine without a goroutine of its own: nothing but what
// is measured runs beside it.
func newEngine(tb testing.TB, o core.Options) *core.Engine {
	o.ManualAdvance = true
	eng, err := core.New(o)
	check(tb, err)
	return eng
}

func newNamespace(tb testing.TB, eng *core.Engine, name string) *core.Namespace {
	ns, err := eng.Namespace(name, core.NamespaceOptions{})
	check(tb, err)
	return ns
}

func newSocket(tb testing.TB, ns *core.Namespace) core.Socket {
	s, err := ns.Socket(core.SocketOptions{Protocol: core.UDP})
	check(tb, err)
	return s
}

func get(tb testing.TB, s core.Socket, r core.Request) core.Label {
	r.Dst = dst
	label, err := s.Get(r)
	check(tb, err)
	return label
}

func check(tb testing.TB, err error) {
	if err != nil {
		tb.Helper()
		tb.Fatal(err)
	}
}

// socketEngine checks labels on a socket that holds the given ones, for itself
// alone: the namespace guards them. Every burst of checks has a section.
//
//go:noinline
func socketEngine(tb testing.TB, held []uint32) rival[uint32] {
	type home struct {
		eng  *core.Engine
		sock core.Socket
	}
	once := sync.OnceValue(func() home {
		eng := newEngine(tb, core.Options{})
		s := newSocket(tb, newNamespace(tb, eng, "bench"))
		for _, l := range held {
			get(tb, s, core.Request{Label: core.Label(l), Share: core.Exclusive, Create: true})
		}
		return home{eng, s}
	})
	return rival[uint32]{name: "engine", worker: func() (lookup[uint32], func()) {
		r, s := once().eng.Reader("bench"), once().sock
		return func(labels []uint32) (sum uint64) {
			for len(labels) > 0 {
				n := min(burst, len(labels))
				r.Enter()
				for _, l := range labels[:n] {
					if r.Check(s, core.Label(l)) == core.Allowed {
						sum++
					}
				}
				r.Exit()
				labels = labels[n:]
			}
			return sum
		}, r.Close
	}}
}
