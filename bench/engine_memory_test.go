package bench

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/flowlabel/flowlabel/core"
)

// newCrowd returns an empty engine, and what fills it with manyLeases exclusive
// leases, half of them in each of two namespaces, each on a socket of its own.
func newCrowd(tb testing.TB) (fill func(testing.TB), alive any) {
	eng := newEngine(tb, core.Options{})
	return func(tb testing.TB) { crowd(tb, eng) }, eng
}

func crowd(tb testing.TB, eng *core.Engine) {
	for n := range 2 {
		ns := newNamespace(tb, eng, fmt.Sprint(n))
		for range manyLeases / 2 {
			get(tb, newSocket(tb, ns), core.Request{Share: core.Exclusive, Create: true})
		}
	}
}

// bytesOf adds up the memory of some kinds of things.
func bytesOf(s core.Stats, kinds ...string) (n float64) {
	for _, u := range s.Memory {
		for _, k := range kinds {
			if u.Kind == k {
				n += float64(u.Bytes)
			}
		}
	}
	return n
}

func memoryOfLeases(b *testing.B, of string) {
	once := sync.OnceValue(func() core.Stats {
		eng := newEngine(b, core.Options{})
		crowd(b, eng)
		return eng.Stats()
	})
	b.Run(named(of, "engine"), func(b *testing.B) {
		s := once()
		bytes(b, bytesOf(s, "leases", "index pages", "index roots")/manyLeases, "B/lease")
		bytes(b, bytesOf(s, "sockets", "socket lists")/manyLeases, "B/socket")
	})
}

// memoryOfNamespaces has each of 1000 namespaces hold 32 labels, give them up and
// take new ones, until each has had so many random labels.
func memoryOfNamespaces(b *testing.B, of string, labels int) {
	const spaces, held = 1000, 32
	once := sync.OnceValue(func() float64 {
		var clock atomic.Int64
		const tick = 20 * time.Millisecond
		eng := newEngine(b, core.Options{
			Tick: tick, MaxNamespaces: spaces, MaxSockets: 4 * spaces, MaxLeases: 4 * held * spaces,
			Clock: func() time.Duration { return time.Duration(clock.Load()) },
		})
		sockets, holds := make([]core.Socket, spaces), make([][held]core.Label, spaces)
		for i := range sockets {
			sockets[i] = newSocket(b, newNamespace(b, eng, fmt.Sprint(i)))
		}
		for turn := range labels {
			j := turn % held
			for i, s := range sockets {
				if old := holds[i][j]; old != 0 {
					check(b, s.Put(old))
				}
				holds[i][j] = get(b, s, core.Request{Share: core.User, Create: true})
			}
			clock.Add(int64(tick))
			eng.Advance(0)
		}
		n := 0.0
		for _, u := range eng.Stats().Memory {
			n += float64(u.Bytes)
		}
		return n
	})
	b.Run(named(of, "engine"), func(b *testing.B) {
		bytes(b, once()/spaces, "B/namespace")
		bytes(b, once()/(1<<20), "MiB")
	})
}
