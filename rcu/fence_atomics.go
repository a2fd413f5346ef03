//go:build !linux || !amd64 || race || purego

package rcu

import "sync/atomic"

// The twin of fence_membarrier.go for every build that has no membarrier or
// may not rely on how the compiler treats a plain store.

// pinnable says that Pin always borrows.
const pinnable = false

// word is a 64-bit variable with one writer at a time and any number of
// readers.
type word struct{ v atomic.Uint64 }

// set stores v. Go's atomics are sequentially consistent: the store comes
// before the owner's later atomic loads and after its earlier ones. It pairs
// with load in the scanner, and in Counted.
func (w *word) set(_ bool, v uint64) { w.v.Store(v) }

// clear stores 0, which ends a section.
func (w *word) clear() { w.v.Store(0) }

// load pairs with set, clear and claim.
func (w *word) load() uint64 { return w.v.Load() }

// claim takes a word that is zero and stores v. It pairs with the clear of the
// owner before.
func (w *word) claim(v uint64) bool { return w.v.CompareAndSwap(0, v) }

// Publish stores v at p, which only one goroutine may change at a time, by a lock or because
// nobody else can find it yet: whoever loads v sees all that was stored before. Here it is an
// atomic store; elsewhere it is no fence.
func Publish(p *atomic.Uint64, v uint64) { p.Store(v) }

// PublishInt is Publish for a signed number.
func PublishInt(p *atomic.Int64, v int64) { p.Store(v) }

// membarrierReady says no: this build stores atomically.
func membarrierReady() bool { return false }

// fenceAll is never called in this build.
func fenceAll() bool { return false }
