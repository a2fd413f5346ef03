package shard

import "sync/atomic"

// A burst fetches what it needs from memory side by side: all buckets, then all
// flows, then all sockets. Reading them would do that only as far as the
// processor looks ahead, a few hundred instructions, since no instruction retires
// before the ones in front of it; a prefetch retires at once.
//
// Here are the kinds of pointers that can be fetched; prefetch_asm.go does it, and
// prefetch_plain.go reads instead.

// SocketBurst are the sockets of a burst, nil for none. Like those below it has
// Burst places, and no more may be asked for.
type SocketBurst [Burst]*Socket

// flowBurst are the flows of a burst, nil for none.
type flowBurst [Burst]*Flow

// bucketBurst are the buckets of a burst.
type bucketBurst [Burst]*line

// cellBurst are the cells of a burst of labels, nil for none.
type cellBurst [Burst]*atomic.Uint32

// LeaseBurst are the leases of a burst of labels, nil for none.
type LeaseBurst [Burst]*Lease
