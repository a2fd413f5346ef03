//go:build amd64 && (linux || darwin) && !purego && !race

package shard

import "golang.org/x/sys/cpu"

// A single lookup waits for memory, and the next ones are under way meanwhile, as far as
// the processor looks ahead: some hundred instructions, of which less than two hundred
// may be loads. A lookup has few instructions and many loads, so it is loads that must
// go. One among a million flows took 85 ns when each word of the key and of the mixer
// was loaded by itself, twice if it was used twice, and 77 as it is; and 67 with the
// lines beside the own one asked for before it is there, since most displaced flows
// stand in those (BenchmarkFlowLookup of bench/).

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
	ends   [4]uint64 // that words 0 to 3 of a key are mixed with, two by two
	middle [4]uint64 // that word 4, and 1 to 3 once more, are mixed with
}

const (
	xxh3Prime = 0x9e3779b185ebca87
	//lint:ignore U1000 assembly uses it
	mixerStart = KeyBytes * xxh3Prime % (1 << 64) // of the sum
	//lint:ignore U1000 assembly uses it
	avalanche = 0x165667919e3779f9 // factor of the last step
	//lint:ignore U1000 assembly uses it
	eachPrint = printMask * eachReference
	//lint:ignore U1000 assembly uses it
	eachTop = 1 << (referenceBits - 1) * eachReference
)

// newMixer adds the seed to the even words of the algorithm's default secret, and
// takes it off the odd ones.
func newMixer(seed uint64) mixer {
	w := [...]uint64{
		0xbe4ba423396cfeb8 + seed, 0x1cad21f72c81017c - seed,
		0xdb979083e96dd4de + seed, 0x1f67b3b7a4a44072 - seed,
		0x78e5c0cc4ee679cb + seed, 0x2172ffcc7dd05a82 - seed,
		0x8e2443f7744608b8 + seed, 0x4c263a81e69035e0 - seed,
	}
	return mixer{[...]uint64{w[0], w[1], w[4], w[5]}, [...]uint64{w[3], w[6], w[7], w[2]}}
}
