//go:build purego

package core

import "github.com/flowlabel/flowlabel/shard"

// keysOf returns copies of the keys of some tuples, of which the first is number from.
func (b *bursts) keysOf(tuples []Tuple, from int) []shard.Key {
	keys := b.keysFrom(from, len(tuples))
	for i := range tuples {
		keys[i] = tuples[i].key
	}
	return keys
}
