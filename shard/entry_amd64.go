//go:build amd64 && (linux || darwin) && !purego && !race

package shard

import (
	"sync/atomic"

	"golang.org/x/sys/cpu"
)

// hasAVX512 chooses once for all.
//
//lint:ignore U1000 assembly uses it
var hasAVX512 = cpu.X86.HasAVX512F && cpu.X86.HasAVX512DQ && cpu.X86.HasAVX512BW && cpu.X86.HasBMI1

// glances says that findEntry is more than find.
const glances = true

// findEntry is find for what can be had at a glance: an entry that is in its place
// when all are looked at together, and still there when it is read. A line of
// entries is one comparison, and no branch depends on where the label stands: 6.1 ns
// with 8 labels and 6.6 with 32, where find took 9.3 and 12.4.
//
// The places are read in any order, and a processor promises nothing about the
// parts of so wide a load: what is not seen may have moved from one to another
// meanwhile. So what is not seen find looks for, in order; and what is seen is read
// again. Without AVX-512 all is left to find.
//
//go:noescape
func findEntry(ss *Sockets, s *Socket, generation, label uint32) (Entry, bool)

// findOrdered is where findEntry leaves off.
//
//lint:ignore U1000 assembly uses it
func findOrdered(ss *Sockets, s *Socket, generation, label uint32) (Entry, bool) {
	if Invariants {
		inOrder.Add(1)
	}
	return ss.find(s, generation, label)
}

// inOrder counts calls of findOrdered for a test, which else would not see a glance
// that finds nothing.
var inOrder atomic.Uint64
