package shard

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/zeebo/xxh3"
)

// What XXH3 mixes with three of the five words of a key (its default secret; see
// doc/xxhash_spec.md of the reference implementation).
const (
	secretSrcHigh = 0xbe4ba423396cfeb8
	secretSrcLow  = 0x1cad21f72c81017c
	secretDstHigh = 0x4c263a81e69035e0
)

// unmixed is the inverse of XXH3's last step.
func unmixed(h uint64) uint64 {
	const inverse = 0x8da8ee41d6df849 // of its factor
	h ^= h >> 32
	h *= inverse
	return h ^ h>>37
}

// craft returns the n-th key with that hash, as somebody can make it who knows the
// seed. A product with the factor 0 takes the upper half of the destination out of
// the sum that is hashed, one with the factor 1 puts the lower half of the source
// in as it is, and n stands in the lower half of the destination.
func craft(seed uint64, want hashed, n uint64) (k Key) {
	k.Place(0, 17)
	k.setWord(4, k.in(1))
	binary.LittleEndian.PutUint64(k[KeySrc:], secretSrcHigh+seed^1)
	binary.LittleEndian.PutUint64(k[KeyDst:], secretDstHigh-seed)
	binary.LittleEndian.PutUint64(k[KeyDst+8:], n)
	binary.LittleEndian.PutUint64(k[KeySrc+8:], secretSrcLow-seed)
	others := unmixed(xxh3.HashSeed(k[:], seed))
	binary.LittleEndian.PutUint64(k[KeySrc+8:], secretSrcLow-seed^(unmixed(uint64(want))-others))
	return k
}

// place returns a hash with some top bits, some middle bits and a bucket; its print is
// the lower of the middle bits.
func place(top uint64, bits, middle, bucket uint32) hashed {
	return hashed(top<<(64-bits) | uint64(middle)<<16 | uint64(middle)<<wayBits&printMask | uint64(bucket))
}

// TestCraft checks that keys have the hash that they were made for.
func TestCraft(t *testing.T) {
	for range 1000 {
		seed, want, n := rand.Uint64(), hashed(rand.Uint64()), rand.Uint64()
		k, other := craft(seed, want, n), craft(seed, want, n+1)
		if got := newDirectory(seed, 0).hash(&k); got != want || k == other {
			t.Fatalf("seed %#x: hash %#x, want %#x", seed, got, want)
		}
		if got := newDirectory(seed, 0).hash(&other); got != want {
			t.Fatalf("seed %#x: hash of another key %#x, want %#x", seed, got, want)
		}
	}
}
