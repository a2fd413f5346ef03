// Package shard keeps the engine's objects: where they live, how they are
// found, and when their memory may serve again. It knows slots and keys; what
// a label means, and who may share it, is decided above it.
//
// # Terms
//
//   - A slot is a fixed-size, pointer-free record named by a uint32. Slot 0 is
//     never used, so 0 says "none" everywhere.
//   - A chunk is ChunkSlots slots in one piece of memory. A [Slab] is the chunks
//     of one kind of slot. Chunks are cut from an [Arena]: mapped memory that the
//     garbage collector never sees, or the heap where mapping is not available.
//   - A shard is one processor's part of a slab (its free slots and its waiting
//     slots) and of the leases (its timer wheel). A chunk belongs to the shard
//     that asked for it, for life, and so do its slots. Which shard a caller uses
//     is a matter of speed only; nothing depends on processors standing still.
//   - A block is a long list of a socket: a run of cache lines of entries. A short
//     one stands in the socket itself.
//   - A page is 256 cells of a label index; a cell names the lease of a label.
//
// # How a slot lives
//
// Alloc hands a free slot to its creator, who alone can reach it. Publishing it
// (a cell, a word) lets readers find it, each inside a read-side section.
// Whoever unlinks it retires it: the slot waits until every section that might
// have found it has ended, package rcu tells when, and is then reclaimed and
// free again. A slot that nobody could have seen goes back with Release, which
// skips the wait.
//
// Waiting needs no memory. Slots wait linked through words of their own, in two
// lists a shard: one that gathers, one that waits for a grace period which began
// after its last slot was retired. When the second ripens the first takes its
// place. It is the segmented callback list of Linux's RCU with two segments.
//
// # How a lease lives
//
// One word holds a lease's generation, users, phase and marks; see [Lease] for
// the rules. [Leases] turns the word: it takes and drops users, files ids into
// the wheels, finds those whose deadline has come, and buries them.
//
// # Invariants
//
//   - Memory handed out is never unmapped while the arena can be reached, so a
//     late reader may read an outdated slot but never faults.
//   - A slot's generation grows by one at each reclaim; a slot whose generation
//     would wrap is never used again.
//   - No lock of this package is held while a lock of another is taken.
//   - Retiring, dropping, burying never fail and never wait for a grace period.
//     Only Alloc and growth can fail.
//
// Under the build tag invariants chunks and pages shrink, so that growth,
// emptied pages and stolen slots are common, and reclaimed memory is poisoned: a
// lease that was written after its reclaim panics at the next Alloc, a block that
// is read after its reclaim panics there, and a page must be empty.
package shard
