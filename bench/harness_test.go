package bench

import (
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"

	"github.com/flowlabel/flowlabel/bench/order"
)

// lookup looks the keys up one after another and returns the sum of what it
// found, so that no result can be left out. It is a rival's whole loop, written
// for the rival, in C where that is in C: nothing stands between two lookups.
type lookup[K any] func(keys []K) (sum uint64)

// rival is one implementation of a work.
type rival[K any] struct {
	name string
	// worker returns the loop for one goroutine, and what ends it.
	worker func() (lookup[K], func())
}

// shared is a rival whose workers have nothing of their own.
func shared[K any](name string, loop lookup[K]) rival[K] {
	return lazily(name, func() lookup[K] { return loop })
}

// lazily is the same for a rival with a table, which is filled when the
// benchmark first runs.
func lazily[K any](name string, build func() lookup[K]) rival[K] {
	once := sync.OnceValue(build)
	return rival[K]{name: name, worker: func() (lookup[K], func()) { return once(), func() {} }}
}

// named is what a benchmark of a rival is called.
func named(of, rival string) string {
	if of != "" {
		of += "/"
	}
	return of + "impl=" + rival
}

// read runs a read benchmark for each rival: the keys of d, GOMAXPROCS
// goroutines with a part of the order each, b.N lookups in all. Worth is what a
// lookup of one key adds to the sum.
func read[K any](b *testing.B, of string, d func() order.Drawn[K], worth func(at uint32) uint64, rivals []rival[K]) {
	for _, r := range rivals {
		b.Run(named(of, r.name), func(b *testing.B) { r.run(b, d(), worth) })
	}
}

func (r rival[K]) run(b *testing.B, d order.Drawn[K], worth func(at uint32) uint64) {
	workers := runtime.GOMAXPROCS(0)
	loops := make([]lookup[K], workers)
	for w := range loops {
		loop, end := r.worker()
		defer end()
		loops[w] = loop
	}
	if b.N == 1 {
		b.StopTimer()
		few := d.Keys[:1024]
		if n := testing.AllocsPerRun(8, func() { loops[0](few) }); n != 0 {
			b.Fatalf("%v allocations in %d lookups", n, len(few))
		}
	}
	sums := make([]uint64, workers)
	var all sync.WaitGroup
	b.ReportAllocs()
	b.StartTimer()
	b.ResetTimer()
	for w := 1; w < workers; w++ {
		all.Go(func() { sums[w] = loops[w].cycle(d.Part(w, workers).Keys, share(b.N, w, workers)) })
	}
	sums[0] = loops[0].cycle(d.Part(0, workers).Keys, share(b.N, 0, workers))
	all.Wait()
	b.StopTimer()
	for w := range workers {
		want := d.Part(w, workers).Sum(share(b.N, w, workers), worth)
		if sums[w] != want {
			b.Fatalf("worker %d: the results add up to %d, want %d", w, sums[w], want)
		}
	}
}

// share is how many of n lookups one of several workers does.
func share(n, worker, workers int) int {
	if worker < n%workers {
		return n/workers + 1
	}
	return n / workers
}

// cycle does n lookups, going round the keys.
func (l lookup[K]) cycle(keys []K, n int) (sum uint64) {
	for ; n > len(keys); n -= len(keys) {
		sum += l(keys)
	}
	return sum + l(keys[:n])
}

// hits are the shares of hits, in per cent, that each read benchmark has a row for.
var hits = [2]int{100, 50}

// orders returns the orders of a set of keys by the share of hits.
func orders[K any](set func() (in, out []K)) func(hits int) func() order.Drawn[K] {
	return eachHits(func(hits int) order.Drawn[K] {
		in, out := set()
		return order.Draw(in, out, hits)
	})
}

// eachHits makes an order for each share of hits, when first asked for it, and
// keeps it.
func eachHits[K any](draw func(hits int) order.Drawn[K]) func(hits int) func() order.Drawn[K] {
	made := [...]func() order.Drawn[K]{
		sync.OnceValue(func() order.Drawn[K] { return draw(hits[0]) }),
		sync.OnceValue(func() order.Drawn[K] { return draw(hits[1]) }),
	}
	return func(h int) func() order.Drawn[K] { return made[slices.Index(hits[:], h)] }
}

func hit(of string, hits int) string { return fmt.Sprintf("%s/hit=%d", of, hits) }

// burst is how many keys a burst has.
const burst = 32
