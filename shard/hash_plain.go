//go:build purego

package shard

import "github.com/zeebo/xxh3"

// keyed is XXH3 with a seed. The twin is hash.go.
type keyed uint64

func newKeyed(seed uint64) keyed { return keyed(seed) }

func (s *keyed) hash(k *Key) uint64 { return xxh3.HashSeed(k[:], uint64(*s)) }
