//go:build linux && amd64 && !race && !purego

package rcu

import (
	"sync"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// This file holds every plain store to memory that other goroutines read, and
// the system call that makes up for the missing fences. Its twin for all other
// builds is fence_atomics.go.

// pinnable says that Pin may use the records of the processors.
const pinnable = true

// word is a 64-bit variable with one writer at a time and any number of
// readers.
//
// Its writer may leave out the fence that an atomic store ends in on amd64
// (XCHG, some 6 ns). What remains is a MOV, and that is sound here because:
//   - the hardware neither tears an aligned 64-bit MOV nor moves it over an
//     earlier load or an earlier store; it may only delay it past later loads,
//     which is what the writer's membarrier undoes (see grace.go);
//   - the compiler keeps a store in program order with the atomic loads on
//     both sides of it. The language does not promise that, so a test reads
//     the disassembly.
type word struct{ v uint64 }

// set stores v, and has a fence behind it unless plain. Only the owner of the word calls
// it. A plain set of a state pairs with load in the scanner, behind fence; one of a count
// wants none, and pairs with Counted. The word is stored twice where there is a fence, since
// that saves the other case a jump: with it, and with another in clear, a section took
// 1.0 ns, and 0.8 now (BenchmarkReadSection of bench/).
func (w *word) set(plain bool, v uint64) {
	w.v = v
	if !plain {
		atomic.StoreUint64(&w.v, v)
	}
}

// clear stores 0, plainly always: what ends a section needs no fence. No store passes an
// earlier load, so the section's loads are done before it is seen to have ended; and
// that this is seen late harms nobody. Only the owner of the word calls it.
func (w *word) clear() { w.v = 0 }

// load pairs with set, clear and claim. What it returns was stored after every
// load that its storer did earlier: on amd64 no store passes an earlier load.
func (w *word) load() uint64 { return atomic.LoadUint64(&w.v) }

// claim takes a word that is zero and stores v, with a full fence. It pairs
// with the clear of the owner before.
func (w *word) claim(v uint64) bool { return atomic.CompareAndSwapUint64(&w.v, 0, v) }

// Publish stores v at p, which only one goroutine may change at a time, by a lock or because
// nobody else can find it yet: whoever loads v sees all that was stored before. It is Linux's
// rcu_assign_pointer, and no fence: later loads of the caller may come before it, so it is
// for those who pass a fence, such as the unlocking of a mutex, before they rely on the
// contrary. An atomic store costs 7 ns more (BenchmarkPublish).
//
// Sound for the reasons that word gives; the one field of an atomic.Uint64 that has a size
// is what a pointer to it points to.
func Publish(p *atomic.Uint64, v uint64) { *(*uint64)(unsafe.Pointer(p)) = v }

// PublishInt is Publish for a signed number.
func PublishInt(p *atomic.Int64, v int64) { *(*int64)(unsafe.Pointer(p)) = v }

// The commands of membarrier(2); golang.org/x/sys has the call's number only.
const (
	membarrierQuery           = 0
	membarrierExpedited       = 1 << 3 // MEMBARRIER_CMD_PRIVATE_EXPEDITED
	membarrierRegisterPrivate = 1 << 4 // MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED
)

// membarrierReady registers the process, once, and says whether membarrier may
// be used. A kernel without it or a filter of system calls in front of it means
// no. It must have answered before the first plain store.
var membarrierReady = sync.OnceValue(func() bool {
	known, _, errno := unix.Syscall(unix.SYS_MEMBARRIER, membarrierQuery, 0, 0)
	return errno == 0 && known&membarrierExpedited != 0 &&
		membarrier(membarrierRegisterPrivate) && membarrier(membarrierExpedited)
})

// membarrier gives one command to the kernel and says whether it was obeyed.
func membarrier(command uintptr) bool {
	_, _, errno := unix.Syscall(unix.SYS_MEMBARRIER, command, 0, 0)
	return errno == 0
}

// fenceAll returns true after every thread of this process has passed a full
// memory barrier between the call and the return; false if the kernel refused,
// in which case nothing may be concluded.
func fenceAll() bool { return membarrier(membarrierExpedited) }
