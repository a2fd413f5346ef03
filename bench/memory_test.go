package bench

import (
	"flag"
	"fmt"
	"net/netip"
	"runtime"
	"runtime/metrics"
	"sync"
	"testing"

	"github.com/flowlabel/flowlabel/bench/order"
)

// manyLeases is how many leases, and sockets with one each, a collection meets.
const manyLeases = 1_000_000

// BenchmarkGC is a full collection while a million leases and as many sockets are
// alive. Beside it stands how many bytes of the heap the collector scans for
// them, and how many for the empty engine, whose directories are there from the
// start.
func BenchmarkGC(b *testing.B) {
	for _, r := range []struct {
		name string
		make func(tb testing.TB) (fill func(testing.TB), alive any)
	}{{"engine", newCrowd}, {"map", newCrowdMap}} {
		var alive any
		var base, empty uint64
		b.Run(named(fmt.Sprintf("leases=%d", manyLeases), r.name), func(b *testing.B) {
			if alive == nil {
				base = scanned()
				fill, x := r.make(b)
				empty = scanned()
				fill(b)
				alive = x
			}
			full := scanned()
			b.ResetTimer()
			for range b.N {
				runtime.GC()
			}
			b.StopTimer()
			b.ReportMetric(float64(full)-float64(empty), "B-scanned")
			b.ReportMetric(float64(empty)-float64(base), "B-scanned-empty")
			runtime.KeepAlive(alive)
		})
		alive = nil
	}
}

// scanned is how many bytes of the heap a collection scans now.
func scanned() uint64 {
	runtime.GC()
	s := []metrics.Sample{{Name: "/gc/scan/heap:bytes"}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}

// mapLease and mapSocket are what a Go program without the engine would write.
type mapLease struct {
	Label           uint32
	Share           uint8
	Users           int32
	Owner           uint64
	Dst             netip.Addr
	Linger, Expires int64
	Options         []byte
}

type mapSocket struct {
	Protocol uint8
	Leases   []*mapLease
}

// crowdMap holds two namespaces.
type crowdMap struct {
	leases  [2]map[uint32]*mapLease
	sockets map[uint32]*mapSocket
}

func newCrowdMap(testing.TB) (fill func(testing.TB), alive any) {
	c := &crowdMap{sockets: make(map[uint32]*mapSocket)}
	return func(testing.TB) { c.fill() }, c
}

func (c *crowdMap) fill() {
	labels, _ := order.Labels(manyLeases / 2)
	for n := range c.leases {
		c.leases[n] = make(map[uint32]*mapLease)
		for _, label := range labels {
			l := &mapLease{Label: label, Share: 1, Users: 1, Dst: dst}
			c.leases[n][label] = l
			c.sockets[uint32(len(c.sockets))] = &mapSocket{Leases: []*mapLease{l}}
		}
	}
}

// BenchmarkMemory says what things take. It is no matter of time: each thing is
// made and weighed once, and every run says the same.
func BenchmarkMemory(b *testing.B) {
	of := fmt.Sprintf("leases=%d", manyLeases)
	memoryOfLeases(b, of)
	once := sync.OnceValue(func() float64 {
		before := heap()
		fill, c := newCrowdMap(b)
		fill(b)
		both := float64(heap() - before)
		runtime.KeepAlive(c)
		return both
	})
	b.Run(named(of, "map"), func(b *testing.B) { bytes(b, once()/manyLeases, "B/lease+socket") })
	memoryOfFlows(b)
	labels := 100_000
	if f := flag.Lookup("test.benchtime"); f.Value.String() == "1x" {
		labels = 1000 // it is only to be seen that the benchmark works
	}
	memoryOfNamespaces(b, fmt.Sprintf("namespaces=1000/held=32/cycled=%d", labels), labels)
}

// bytes reports a number of bytes, and no time.
func bytes(b *testing.B, n float64, unit string) {
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(n, unit)
}

// heap is how many bytes of the heap are in use.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
