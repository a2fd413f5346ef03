package bench

import (
	"fmt"
	"net/netip"
	"sync"
	"testing"

	"github.com/puzpuzpuz/xsync/v3"

	"github.com/flowlabel/flowlabel/core"
)

var dst = netip.MustParseAddr("2001:db8::1")

// newSocket returns a socket of a fresh engine that holds n labels of its own,
// and the labels.
func newSocket(b *testing.B, n int) (*core.Engine, core.Socket, []core.Label) {
	b.Helper()
	eng, err := core.New(core.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = eng.Close() })
	ns, err := eng.Namespace("bench", core.NamespaceOptions{})
	if err != nil {
		b.Fatal(err)
	}
	sock, err := ns.Socket(core.SocketOptions{})
	if err != nil {
		b.Fatal(err)
	}
	labels := make([]core.Label, n)
	for i := range labels {
		labels[i], err = sock.Get(core.Request{Dst: dst, Share: core.Exclusive, Create: true})
		if err != nil {
			b.Fatal(err)
		}
	}
	return eng, sock, labels
}

// BenchmarkSocketLookup checks a label on a socket: by the engine in a section
// of its own, and by what a program would have without it, a map a socket.
func BenchmarkSocketLookup(b *testing.B) {
	for _, n := range []int{1, 8, 32} {
		eng, sock, labels := newSocket(b, n)
		at := func(i int) core.Label { return labels[uint(i)%uint(n)] }
		name := func(impl string) string { return fmt.Sprintf("labels=%d/impl=%s", n, impl) }
		b.Run(name("engine"), func(b *testing.B) {
			r := eng.Reader("bench")
			defer r.Close()
			for i := 0; b.Loop(); i++ {
				r.Enter()
				v := r.Check(sock, at(i))
				r.Exit()
				if v != core.Allowed {
					b.Fatal(v)
				}
			}
		})
		b.Run(name("rwmutex"), func(b *testing.B) {
			held := make(map[core.Label]bool)
			for _, l := range labels {
				held[l] = true
			}
			var mu sync.RWMutex
			for i := 0; b.Loop(); i++ {
				mu.RLock()
				ok := held[at(i)]
				mu.RUnlock()
				if !ok {
					b.Fatal("not held")
				}
			}
		})
		b.Run(name("xsync3"), func(b *testing.B) {
			held := xsync.NewMapOf[core.Label, bool]()
			for _, l := range labels {
				held.Store(l, true)
			}
			for i := 0; b.Loop(); i++ {
				if ok, _ := held.Load(at(i)); !ok {
					b.Fatal("not held")
				}
			}
		})
	}
}

// BenchmarkGetPut joins a label that another socket holds, and puts it.
func BenchmarkGetPut(b *testing.B) {
	_, holder, _ := newSocket(b, 0)
	label, err := holder.Get(core.Request{Dst: dst, Share: core.Any, Create: true})
	if err != nil {
		b.Fatal(err)
	}
	b.Run("impl=engine", func(b *testing.B) {
		joiner, err := holder.Namespace().Socket(core.SocketOptions{})
		if err != nil {
			b.Fatal(err)
		}
		req := core.Request{Label: label, Dst: dst, Share: core.Any}
		for b.Loop() {
			if _, err := joiner.Get(req); err != nil {
				b.Fatal(err)
			}
			if err := joiner.Put(label); err != nil {
				b.Fatal(err)
			}
		}
	})
}
