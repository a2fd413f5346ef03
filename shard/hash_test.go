package shard

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/zeebo/xxh3"
)

// TestHash compares the hash of keys with the library's.
func TestHash(t *testing.T) {
	for i := range 10_000 {
		var k Key
		for at := 0; at < KeyBytes; at += 8 {
			binary.LittleEndian.PutUint64(k[at:], rand.Uint64())
		}
		seed := rand.Uint64()
		if i == 0 {
			k, seed = Key{}, 0
		}
		s := newKeyed(seed)
		if got, want := s.hash(&k), xxh3.HashSeed(k[:], seed); got != want {
			t.Fatalf("seed %#x, key %x: hash %#x, want %#x", seed, k, got, want)
		}
	}
}
