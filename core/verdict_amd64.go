//go:build amd64 && (linux || darwin) && !purego && !race && !invariants

package core

import (
	"golang.org/x/sys/cpu"

	"github.com/flowlabel/flowlabel/shard"
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
// have moved from one place to another meanwhile, so the twin looks for that in order.
// Without hasAVX only a label that comes first is seen.
//
//go:noescape
func verdict(s Socket, label Label) Verdict

// hasAVX and hasAVX512 choose once for all; with both are the bit instructions of Haswell.
var (
	hasAVX = cpu.X86.HasAVX && cpu.X86.HasBMI1 && cpu.X86.HasBMI2
	//lint:ignore U1000 assembly uses it
	hasAVX512 = hasAVX && cpu.X86.HasAVX512F && cpu.X86.HasAVX512BW
)

// glanced is how many classes of blocks are looked through.
//
//lint:ignore U1000 assembly uses it
var glanced = func() uint64 {
	if hasAVX {
		return shard.Classes
	}
	return 0
}()
