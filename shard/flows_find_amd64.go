//go:build amd64 && (linux || darwin) && !purego && !race

package shard

import "golang.org/x/sys/cpu"

// A single lookup waits for memory, and the next one is under way meanwhile, as far
// as the processor looks ahead: a few hundred instructions. So each instruction
// less brings lookups side by side: one among a million flows took 99 ns with what
// is here and 162 with the twins.

// hasAVX2 chooses once for all; with it are the bit instructions of Haswell.
var hasAVX2 = cpu.X86.HasAVX2 && cpu.X86.HasBMI1 && cpu.X86.HasBMI2

// findFlow is findPlain in assembly. It reads as line.holds does, but for 32 bytes of
// the key at a time, of which no such processor tears an aligned part of 8 bytes; and
// it does not reorder loads among themselves.
//
//go:noescape
func findFlow(f *Flows, k *Key, namespace uint32) Handle

// findElsewhere is where findFlow leaves off: without AVX2, or in an empty table.
//
//lint:ignore U1000 assembly uses it
func findElsewhere(f *Flows, k *Key, namespace uint32) Handle { return f.findPlain(k, namespace) }

// mixer is what XXH3 makes of its seed for a key of 40 bytes; see
// doc/xxhash_spec.md of the reference implementation. The plain twin is the library.
type mixer struct {
	words [8]uint64 // that words of a key are mixed with, two for each multiplication
	start uint64    // of the sum
}

const (
	//lint:ignore U1000 assembly uses it
	avalanche = 0x165667919e3779f9 // factor of the last step
	//lint:ignore U1000 assembly uses it
	eachPrint = printMask * eachReference
)

// newMixer adds the seed to the even words of the algorithm's default secret, and
// takes it off the odd ones.
func newMixer(seed uint64) mixer {
	const prime = 0x9e3779b185ebca87
	length := uint64(KeyBytes)
	return mixer{[...]uint64{
		0xbe4ba423396cfeb8 + seed, 0x1cad21f72c81017c - seed,
		0xdb979083e96dd4de + seed, 0x1f67b3b7a4a44072 - seed,
		0x78e5c0cc4ee679cb + seed, 0x2172ffcc7dd05a82 - seed,
		0x8e2443f7744608b8 + seed, 0x4c263a81e69035e0 - seed,
	}, length * prime}
}
