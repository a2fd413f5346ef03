package rcu

import (
	"sync"
	"sync/atomic"
	"testing"
)

// BenchmarkReadSection compares ways to protect one load, each in its own
// goroutine's section. The loops count to b.N: b.Loop costs as much as a section.
func BenchmarkReadSection(b *testing.B) {
	var link atomic.Pointer[int]
	link.Store(new(int))
	b.Run("impl=engine", func(b *testing.B) {
		r := New(Options{}).Register("bench")
		defer r.Close()
		for range b.N {
			r.Enter()
			link.Load()
			r.Exit()
		}
	})
	b.Run("impl=epoch", func(b *testing.B) {
		r := newDomain(Options{}, false).Register("bench")
		defer r.Close()
		for range b.N {
			r.Enter()
			link.Load()
			r.Exit()
		}
	})
	b.Run("impl=rwmutex", func(b *testing.B) {
		var mu sync.RWMutex
		for range b.N {
			mu.RLock()
			link.Load()
			mu.RUnlock()
		}
	})
}

func BenchmarkPin(b *testing.B) {
	d := New(Options{})
	for range b.N {
		s := d.Pin()
		s.Unpin()
	}
}

func BenchmarkBorrow(b *testing.B) {
	d := New(Options{})
	for range b.N {
		d.Return(d.Borrow())
	}
}

// BenchmarkBorrowParallel shows that borrowers on different processors do not
// meet.
func BenchmarkBorrowParallel(b *testing.B) {
	d := New(Options{})
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			d.Return(d.Borrow())
		}
	})
}

// BenchmarkPublish compares a release store, for which somebody else's fence does, with an
// atomic one.
func BenchmarkPublish(b *testing.B) {
	var v atomic.Uint64
	b.Run("impl=engine", func(b *testing.B) {
		for i := range b.N {
			Publish(&v, uint64(i))
		}
	})
	b.Run("impl=atomic", func(b *testing.B) {
		for i := range b.N {
			v.Store(uint64(i))
		}
	})
}

// BenchmarkTryAdvance measures one attempt that moves the epoch, with readers
// that are outside their sections.
func BenchmarkTryAdvance(b *testing.B) {
	d := New(Options{})
	d.interval = 0
	for range 64 {
		defer d.Register("idle").Close()
	}
	for range b.N {
		d.Stamp()
		if !d.TryAdvance() {
			b.Fatal("the epoch did not move")
		}
	}
}
