//go:build amd64 && (linux || darwin) && !purego && !race && !invariants

package core

import (
	"golang.org/x/sys/cpu"
)

// verdict is verdictPlain, its twin. It is assembly for the way there and back: in Go
// whatever calls a function has a frame, and with it the check of a packet took 2.4 ns
// where the socket has one label, 4.4 with 8 and 4.7 with 32, and takes 1.9, 2.8
// and 3.2 now (BenchmarkSocketLookup of bench/). On a processor with AVX but not AVX-512,
// when the twin had to look, 8 labels took 20 ns at best and 32 took 40; now they take 8
// and 11.
//
// It looks at the places of a list in any order, and a processor promises nothing about
// the parts of so wide a load. So what is seen is read again; and what is not seen may
// have moved from one place to another meanwhile, so verdictOrdered looks for that. Without
// hasAVX only a label that comes first is seen.
//
//go:noescape
func verdict(s Socket, label Label) Verdict

// verdictOrdered is verdictPlain for a socket and a label of MaxLabel at most, and does the
// commonest refusals itself. It looks at the places in order, and so misses no label that is
// held all the while; see scanOwn in shard. A processor with AVX loads sixteen aligned bytes
// as one ("Guaranteed Atomic Operations" in Intel's manual, "Access Atomicity" in AMD's), and
// no load passes another. When the twin had to look, checks of which half refuse took 13.4,
// 19.8 and 24.5 ns at best, where the socket has 1, 8 and 32 labels, and take 10.2, 16.0 and
// 20.7 now (BenchmarkSocketLookup/hit=50 of bench/).
//
//go:noescape
func verdictOrdered(s Socket, label Label) Verdict

// hasAVX and hasAVX512 choose once for all; with both are the bit instructions of Haswell.
//
//lint:ignore U1000 assembly uses them
var (
	hasAVX    = cpu.X86.HasAVX && cpu.X86.HasBMI1 && cpu.X86.HasBMI2
	hasAVX512 = hasAVX && cpu.X86.HasAVX512F && cpu.X86.HasAVX512BW
)
