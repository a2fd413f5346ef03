package bench

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/flowlabel/flowlabel/core"
)

// BenchmarkLifecycle takes a lease through its life while many linger: created
// with a random label, put, lingered out, reclaimed. The time is turned by hand, a
// tick for each 256 leases, and the linger is so long that the wanted number of
// leases is alive. The kernel's row is the creation alone, in a table that is
// almost empty.
func BenchmarkLifecycle(b *testing.B) {
	for _, c := range []struct {
		of             string
		leases, spaces int
	}{
		{"leases=100000", 100_000, 1},
		{"leases=1000000", 1_000_000, 2},
		{"leases=996147/full=95", 996_147, 1}, // of 1,048,575 labels
	} {
		once := sync.OnceValue(func() *lifecycle { return newLifecycle(b, c.leases, c.spaces) })
		b.Run(named(c.of, "engine"), func(b *testing.B) {
			l := once()
			b.ReportAllocs()
			b.ResetTimer()
			for range b.N {
				l.step(b)
			}
			b.ReportMetric(float64(l.eng.Stats().Leases), "leases")
		})
		kernelCreate(b, named(c.of, "kernel"))
	}
}

// lifecycle is an engine with leases that come and go.
type lifecycle struct {
	eng     *core.Engine
	clock   atomic.Int64
	sockets []core.Socket
	linger  time.Duration
	steps   int
}

const (
	perTick  = 256
	lifeTick = 20 * time.Millisecond
)

func newLifecycle(tb testing.TB, leases, spaces int) *lifecycle {
	l := &lifecycle{linger: time.Duration(leases/perTick) * lifeTick}
	l.eng = newEngine(tb, core.Options{
		Tick:  lifeTick,
		Clock: func() time.Duration { return time.Duration(l.clock.Load()) },
	})
	for s := range spaces {
		ns := newNamespace(tb, l.eng, fmt.Sprint(s))
		l.sockets = append(l.sockets, newSocket(tb, ns))
	}
	for range leases + 2*perTick { // from then on as many end as begin
		l.step(tb)
	}
	return l
}

// step makes a lease and puts it, and every so often lets time pass.
func (l *lifecycle) step(tb testing.TB) {
	s := l.sockets[l.steps%len(l.sockets)]
	label, err := s.Get(core.Request{Dst: dst, Share: core.Exclusive, Create: true, Linger: l.linger})
	if err == nil {
		err = s.Put(label)
	}
	if err != nil {
		tb.Fatal(err)
	}
	if l.steps++; l.steps%perTick == 0 {
		l.clock.Add(int64(lifeTick))
		l.eng.Advance(0)
	}
}
