//go:build amd64 && (linux || darwin) && !purego && !race

package shard

import "golang.org/x/sys/cpu"

// hasAVX512 chooses once for all.
//
//lint:ignore U1000 assembly uses it
var hasAVX512 = cpu.X86.HasAVX512F && cpu.X86.HasAVX512DQ && cpu.X86.HasAVX512BW && cpu.X86.HasBMI1

// glances says that glance sees anything.
const glances = true

// glance returns what can be had of FindInOrder at a glance, 0 for all else: an entry
// that is in its place when all are looked at together, and still there when it is
// read. A line of entries is one comparison, and no branch depends on where the label
// stands. A label that is not held, or whose lease has headers, takes the glance and
// then FindInOrder.
//
// The places are read in any order, and a processor promises nothing about the
// parts of so wide a load: what is not seen may have moved from one to another
// meanwhile. So what is not seen FindInOrder looks for; and what is seen is read
// again. Without AVX-512 nothing is seen.
//
//go:noescape
func glance(ss *Sockets, s *Socket, generation, label uint32) Entry
