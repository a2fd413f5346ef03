package bench

import (
	"sync"
	"sync/atomic"
	"testing"

	"github.com/puzpuzpuz/xsync/v3"
	"golang.org/x/sys/cpu"

	"github.com/flowlabel/flowlabel/bench/order"
	"github.com/flowlabel/flowlabel/rcu"
)

// step is one turn through a section. It has no key and takes no memory.
type step = struct{}

// link is what every section loads: alone on its line, and 1.
var link struct {
	_  cpu.CacheLinePad
	to atomic.Uint64
	_  cpu.CacheLinePad
}

// BenchmarkReadSection enters a section, loads a word and leaves. Each goroutine
// has whatever the rival wants a reader to have.
func BenchmarkReadSection(b *testing.B) {
	link.to.Store(1)
	steps := sync.OnceValue(func() order.Drawn[step] {
		d := order.Drawn[step]{Keys: make([]step, order.Draws), At: make([]uint32, order.Draws)}
		for i := range d.At {
			d.At[i] = 1
		}
		return d
	})
	read(b, "", steps, one, append(sections(), peerSections()...))
}

// one is the worth of a hit where hits are counted.
func one(at uint32) uint64 { return uint64(min(at, 1)) }

//go:noinline
func sections() []rival[step] {
	domain := sync.OnceValue(func() *rcu.Domain { return rcu.New(rcu.Options{}) })
	return []rival[step]{
		{name: "engine", worker: func() (lookup[step], func()) {
			r := domain().Register("bench")
			return func(steps []step) (sum uint64) {
				for range steps {
					r.Enter()
					sum += link.to.Load()
					r.Exit()
				}
				return sum
			}, r.Close
		}},
		{name: "epoch", worker: func() (lookup[step], func()) { return epochLoop(new(epochReader)), func() {} }},
		shared("rwmutex", rwmutexLoop(new(sync.RWMutex))),
		shared("rbmutex", rbmutexLoop(xsync.NewRBMutex())),
	}
}

// epoch is what readers of a plain epoch scheme announce on entering.
var epoch struct {
	_  cpu.CacheLinePad
	at atomic.Uint64
	_  cpu.CacheLinePad
}

// epochReader is a reader of the plain epoch scheme, which has its fence in the
// section: on amd64 an atomic store is a locked instruction.
type epochReader struct {
	_     cpu.CacheLinePad
	state atomic.Uint64
	_     cpu.CacheLinePad
}

//go:noinline
func epochLoop(r *epochReader) lookup[step] {
	epoch.at.Store(1)
	return func(steps []step) (sum uint64) {
		for range steps {
			r.state.Store(epoch.at.Load())
			sum += link.to.Load()
			r.state.Store(0)
		}
		return sum
	}
}

//go:noinline
func rwmutexLoop(mu *sync.RWMutex) lookup[step] {
	return func(steps []step) (sum uint64) {
		for range steps {
			mu.RLock()
			sum += link.to.Load()
			mu.RUnlock()
		}
		return sum
	}
}

//go:noinline
func rbmutexLoop(mu *xsync.RBMutex) lookup[step] {
	return func(steps []step) (sum uint64) {
		for range steps {
			t := mu.RLock()
			sum += link.to.Load()
			mu.RUnlock(t)
		}
		return sum
	}
}
