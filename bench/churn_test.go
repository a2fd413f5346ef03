package bench

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/flowlabel/flowlabel/bench/kernelalgo"
	"github.com/flowlabel/flowlabel/bench/order"
)

// The sockets that lookups go to, and the labels that each holds.
const (
	churnSockets = 256
	churnLabels  = 8
)

// BenchmarkChurn looks labels up on sockets while a second goroutine gets and puts
// other leases on other sockets of the same shard (writer=on), or does not
// (writer=off). It wants two processors and takes them.
func BenchmarkChurn(b *testing.B) {
	labels, _ := order.Labels(churnSockets * churnLabels)
	places := draws(len(labels))
	for _, r := range []struct {
		name string
		make func(tb testing.TB, labels []uint32) churner
	}{{"engine", newChurnEngine}, {"kernelalgo", newChurnAlgorithm}} {
		for _, writer := range []string{"off", "on"} {
			b.Run(named(fmt.Sprintf("writer=%s", writer), r.name), func(b *testing.B) {
				if before := runtime.GOMAXPROCS(0); before < 2 {
					runtime.GOMAXPROCS(2)
					defer runtime.GOMAXPROCS(before)
				}
				c := r.make(b, labels)
				defer c.end()
				churn(b, c, places, writer == "on")
			})
		}
	}
}

// churner is one engine under churn. Label i is held by socket i modulo
// churnSockets.
type churner struct {
	lookup lookup[uint32] // of places in the list of labels
	// write gets and puts a lease, now one that another socket holds, now a new
	// one; every so often it lets leases expire.
	write func() error
	end   func()
}

// draws are random places in a list of n.
func draws(n int) []uint32 {
	rng := rand.New(rand.NewPCG(7, 8))
	places := make([]uint32, order.Draws)
	for i := range places {
		places[i] = rng.Uint32N(uint32(n))
	}
	return places
}

func churn(b *testing.B, c churner, places []uint32, writing bool) {
	var stop atomic.Bool
	var writes int
	done := make(chan error)
	go func() {
		var err error
		for err == nil && writing && !stop.Load() {
			err = c.write()
			writes++
		}
		done <- err
	}()
	b.ReportAllocs()
	b.ResetTimer()
	found := c.lookup.cycle(places, b.N)
	b.StopTimer()
	stop.Store(true)
	check(b, <-done)
	if found != uint64(b.N) {
		b.Fatalf("%d labels found in %d lookups", found, b.N)
	}
	if writing {
		b.ReportMetric(float64(writes)/b.Elapsed().Seconds(), "writes/s")
	}
}

// everyWrites is how many writes lie between two looks at what has expired.
const everyWrites = 1024

func newChurnAlgorithm(tb testing.TB, labels []uint32) churner {
	table := new(kernelalgo.Table)
	sockets := make([]*kernelalgo.Socket, churnSockets)
	for i := range sockets {
		sockets[i] = table.NewSocket(1)
	}
	for i, label := range labels {
		_, err := sockets[i%churnSockets].Get(&kernelalgo.Request{Label: label, Share: kernelalgo.Exclusive, Create: true})
		check(tb, err)
	}
	holder, other := table.NewSocket(1), table.NewSocket(1)
	shared, err := holder.Get(&kernelalgo.Request{Share: kernelalgo.Any, Create: true})
	check(tb, err)
	writes := 0
	return churner{
		lookup: func(places []uint32) (sum uint64) {
			for _, at := range places {
				if l := sockets[at%churnSockets].Lookup(labels[at]); l != nil {
					sum++
					l.Drop()
				}
			}
			return sum
		},
		write: func() error {
			req := kernelalgo.Request{Share: kernelalgo.Any, Label: shared}
			if writes++; writes%2 == 0 {
				req = kernelalgo.Request{Share: kernelalgo.Exclusive, Create: true}
			}
			if writes%everyWrites == 0 {
				table.Clock.Add(1)
				table.Collect()
			}
			label, err := other.Get(&req)
			if err != nil {
				return err
			}
			return other.Put(label)
		},
		end: func() {},
	}
}
