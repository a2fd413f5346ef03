// Package shard keeps the engine's objects: where they live, how they are
// found, and when their memory may serve again. It knows slots and keys; what
// a label means, and who may share it, is decided above it.
//
// # Terms
//
//   - A slot is a fixed-size, pointer-free record named by a uint32. Slot 0 is
//     never used, so 0 says "none" everywhere.
//   - A chunk is ChunkSlots slots in one piece of memory. A [Slab] is the chunks
//     of one kind of slot. They stand in an array that never moves, in an [Arena]:
//     mapped memory that the garbage collector never sees, of which an array has
//     the addresses from the beginning and the memory as it grows, on Linux and
//     macOS with amd64 or arm64; elsewhere the heap.
//   - A shard is one processor's part of a slab (its free slots and its waiting
//     slots) and of the leases (its timer wheel). A chunk belongs to the shard
//     that asked for it, for life, and so do its slots. Which shard a caller uses
//     is a matter of speed only; nothing depends on processors standing still.
//   - A block is a long list of a socket: a run of cache lines of entries. A short
//     one stands in the socket itself.
//   - A page is 256 cells of a label index; a cell names the lease of a label,
//     and has its share mode.
//   - A bucket is one cache line of the flow table, for one flow: its entry, which
//     names the flow's slot, its key, and the handle of its socket. A flow's own
//     bucket is the one that its hash points at.
//   - A flow is displaced if it stands in another bucket than its own. Each bucket
//     has four references to the buckets of flows that are displaced from it.
//   - A print is the 7 bits of a flow's hash that stand in a reference, so that a lookup
//     goes to where they agree.
//   - A segment is 512 buckets, a hash table of its own. The directory says which
//     segment has the flows whose hash begins with some bits.
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
// # How a flow is found
//
// [Flows] hashes the key with the directory's seed. The top bits of the hash
// choose a word of the directory, which names a segment, the low bits a bucket of
// it, the key's own. If that does not hold the key, the lookup goes to the buckets
// that its references with the hash's print lead to, four at most and nearly always
// one at most. Then it has met the flow, or the flow was not bound at some time
// during the lookup: one that is bound stays in its place until its segment is
// replaced, and a segment that has been replaced stays as it was until every section
// that may look at it has ended.
//
// A bucket that a flow has left may get another at once, under the eyes of a reader.
// It reads the entry first and last: if the slot in it is the same, so is the flow, since
// a slot waits for a grace period before another flow has it.
//
// A bucket also says which label its flow shows: see shown.go. So most packets need not
// go on to their socket.
//
// A bind that finds no bucket, or no reference to lead there, splits the
// segment: its flows are put into two new ones, which the directory names from then
// on. One that finds none in a segment with few flows has met what chance does not
// do: then all flows move to a new directory with a new seed. Segments never become
// one again. A table whose flows have ended keeps its segments for the next ones,
// until a new seed comes with as many as there are flows then.
//
// # Bursts
//
// Nearly every look of a lookup among many misses the caches. A burst takes its
// lookups of flows through stages ([InStep], [FlowLookups]): each stage asks
// memory for what the next one will look at, and works on other lookups until that
// has come.
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
// Under the build tag invariants chunks, pages and segments shrink, so that growth,
// emptied pages and stolen slots are common, and reclaimed memory is poisoned: a
// lease that was written after its reclaim panics at the next Alloc, a block that
// is read after its reclaim panics there, and a page must be empty.
package shard
