//go:build !purego

package core

import (
	"unsafe"

	"github.com/flowlabel/flowlabel/shard"
)

// keysOf returns the keys of some tuples, of which the first is number from. They
// are the tuples themselves: a lookup among a million flows took 26 ns with it and 31
// with the twin, which is in keys_plain.go, at best.
//
// Sound: a Tuple is a Key and nothing else.
func (b *bursts) keysOf(tuples []Tuple, from int) []shard.Key {
	return unsafe.Slice((*shard.Key)(unsafe.Pointer(unsafe.SliceData(tuples))), len(tuples))
}

// This does not compile if a Tuple is more.
var _ [0]struct{} = [unsafe.Sizeof(Tuple{}) - shard.KeyBytes]struct{}{}
