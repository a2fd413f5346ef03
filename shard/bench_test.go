package shard

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// benchLeases is the number of leases in one namespace that lookups draw from,
// and benchDraws the number of labels that are drawn before the clock starts:
// with few of them the branch predictor and the cache would know them by heart.
const (
	benchLeases = 1 << 19
	benchDraws  = 1 << 22
)

// BenchmarkLabelLookup finds leases by random labels: the cell, and the lease's
// line.
func BenchmarkLabelLookup(b *testing.B) {
	k := newTables(benchLeases)
	rng := rand.New(rand.NewPCG(1, 1))
	labels := make([]uint32, 0, benchLeases)
	k.inside(func() {
		for len(labels) < benchLeases {
			label := 1 + rng.Uint32N(LabelSpace-1)
			if k.index.Lookup(label) == 0 {
				k.lease(b, label)
				labels = append(labels, label)
			}
		}
	})
	draws := make([]uint32, benchDraws)
	for i := range draws {
		draws[i] = labels[rng.IntN(len(labels))]
	}
	for _, n := range []int{1 << 16, benchDraws} {
		b.Run(fmt.Sprintf("draws=%d", n), func(b *testing.B) {
			reader := k.domain.Register("bench")
			defer reader.Close()
			reader.Enter()
			users := 0
			for i := 0; b.Loop(); i++ {
				n, _ := k.leases.At(k.index.Lookup(draws[i&(n-1)])).Users()
				users += n
			}
			reader.Exit()
			if users < b.N {
				b.Fatalf("%d users met in %d lookups", users, b.N)
			}
		})
	}
}

// BenchmarkSocketFind finds labels on a socket's own list.
func BenchmarkSocketFind(b *testing.B) {
	for _, labels := range []int{1, 8, 32} {
		b.Run(fmt.Sprintf("labels=%d", labels), func(b *testing.B) {
			k := newTables(1)
			_, s, generation := opened(b, k.sockets)
			fill(b, k.sockets, s, generation, labels)
			order := make([]uint32, 1<<10)
			for i := range order {
				order[i] = 1 + rand.Uint32N(uint32(labels))
			}
			reader := k.domain.Register("bench")
			defer reader.Close()
			reader.Enter()
			for i := 0; b.Loop(); i++ {
				if e, _ := k.sockets.Find(s, generation, order[i&(1<<10-1)]); e == 0 {
					b.Fatal("not found")
				}
			}
			reader.Exit()
		})
	}
}

// BenchmarkTakeDrop joins a lease and leaves it: with another user, the usual
// case, and as the only one, who revives it.
func BenchmarkTakeDrop(b *testing.B) {
	for _, revive := range []bool{false, true} {
		b.Run(fmt.Sprintf("revive=%v", revive), func(b *testing.B) {
			k := newTables(1)
			id, l := k.lease(b, 1)
			if revive {
				k.leases.Drop(id, l, at(0))
			}
			for b.Loop() {
				l.Take(true)
				k.leases.Drop(id, l, at(0))
			}
		})
	}
}

// BenchmarkLifecycle takes a lease from slot to slot: made, claimed, dropped,
// expired, buried and reclaimed.
func BenchmarkLifecycle(b *testing.B) {
	const held = 1024 // leases that live at the same time
	k := newTables(8 * held)
	now := int64(0)
	b.ReportAllocs()
	for i := uint32(0); b.Loop(); i++ {
		reader := k.domain.Borrow()
		id, l := k.lease(b, 1+i%(16*held))
		k.leases.Drop(id, l, at(now))
		if i%held == held-1 {
			now += int64(2 * time.Second)
			k.leases.Expire(0, now, budgetOf(math.MaxInt))
		}
		k.domain.Return(reader)
		if i%held == held-1 {
			k.advance()
			k.leases.Collect(0)
			k.pages.Collect(0)
		}
	}
}
