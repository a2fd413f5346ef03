package bench

import (
	"fmt"
	"sync"
	"testing"

	"github.com/alphadose/haxmap"
	"github.com/puzpuzpuz/xsync/v3"
	xsync4 "github.com/puzpuzpuz/xsync/v4"

	"github.com/flowlabel/flowlabel/bench/kernelalgo"
	"github.com/flowlabel/flowlabel/bench/order"
)

// BenchmarkSocketLookup checks whether a packet's label is one that its socket
// holds, in a namespace whose labels are guarded.
func BenchmarkSocketLookup(b *testing.B) {
	for _, n := range []int{1, 8, 32} {
		in, out := order.Labels(n)
		draw := orders(func() ([]uint32, []uint32) { return in, out })
		rivals := append([]rival[uint32]{socketEngine(b, in)}, socketRivals(in)...)
		for _, h := range hits {
			read(b, hit(fmt.Sprintf("labels=%d", n), h), draw(h), one, rivals)
		}
	}
}

// socketRivals are what a program would keep for each socket. The value is the
// lease's number; the maps say whether there is one.
func socketRivals(held []uint32) []rival[uint32] {
	return []rival[uint32]{
		lazily("kernelalgo", func() lookup[uint32] { return kernelalgoSocket(held) }),
		lazily("rwmutex", func() lookup[uint32] { return rwmutexSocket(held) }),
		lazily("syncmap", func() lookup[uint32] { return syncmapSocket(held) }),
		lazily("xsync3", func() lookup[uint32] { return xsync3Socket(held) }),
		lazily("xsync4", func() lookup[uint32] { return xsync4Socket(held) }),
		lazily("haxmap", func() lookup[uint32] { return haxmapSocket(held) }),
	}
}

//go:noinline
func kernelalgoSocket(held []uint32) lookup[uint32] {
	s := new(kernelalgo.Table).NewSocket(1)
	for _, label := range held {
		if _, err := s.Get(&kernelalgo.Request{Label: label, Share: kernelalgo.Exclusive, Create: true}); err != nil {
			panic(err)
		}
	}
	return func(labels []uint32) (sum uint64) {
		for _, label := range labels {
			if l := s.Lookup(label); l != nil {
				sum++
				l.Drop()
			}
		}
		return sum
	}
}

//go:noinline
func rwmutexSocket(held []uint32) lookup[uint32] {
	m := make(map[uint32]uint32)
	for i, label := range held {
		m[label] = uint32(i)
	}
	var mu sync.RWMutex
	return func(labels []uint32) (sum uint64) {
		for _, label := range labels {
			mu.RLock()
			_, ok := m[label]
			mu.RUnlock()
			if ok {
				sum++
			}
		}
		return sum
	}
}

//go:noinline
func syncmapSocket(held []uint32) lookup[uint32] {
	var m sync.Map
	for i, label := range held {
		m.Store(label, uint32(i))
	}
	return func(labels []uint32) (sum uint64) {
		for _, label := range labels {
			if _, ok := m.Load(label); ok {
				sum++
			}
		}
		return sum
	}
}

//go:noinline
func xsync3Socket(held []uint32) lookup[uint32] {
	m := xsync.NewMapOf[uint32, uint32]()
	for i, label := range held {
		m.Store(label, uint32(i))
	}
	return func(labels []uint32) (sum uint64) {
		for _, label := range labels {
			if _, ok := m.Load(label); ok {
				sum++
			}
		}
		return sum
	}
}

//go:noinline
func xsync4Socket(held []uint32) lookup[uint32] {
	m := xsync4.NewMap[uint32, uint32]()
	for i, label := range held {
		m.Store(label, uint32(i))
	}
	return func(labels []uint32) (sum uint64) {
		for _, label := range labels {
			if _, ok := m.Load(label); ok {
				sum++
			}
		}
		return sum
	}
}

//go:noinline
func haxmapSocket(held []uint32) lookup[uint32] {
	m := haxmap.New[uint32, uint32]()
	for i, label := range held {
		m.Set(label, uint32(i))
	}
	return func(labels []uint32) (sum uint64) {
		for _, label := range labels {
			if _, ok := m.Get(label); ok {
				sum++
			}
		}
		return sum
	}
}
