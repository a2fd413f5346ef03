package shard

import (
	"math/rand/v2"
	"testing"
)

// TestTagged compares the tags that a lookup sees with those that its plain twin
// does, and both with what was put.
func TestTagged(t *testing.T) {
	tags := [...]uint32{0, 1, 1 << 31, 1<<32 - 1}
	for range 10_000 {
		var l line
		tag, want := tags[rand.IntN(len(tags))], uint32(0)
		for i := range l {
			e := uint64(tags[rand.IntN(len(tags))])<<tagShift | uint64(rand.Uint32())
			l[i].Store(e)
			if uint32(e>>tagShift) == tag {
				want |= 1 << i
			}
		}
		if got, plain := l.tagged(tag), l.taggedPlain(tag); got != want || plain != want {
			t.Fatalf("tag %#x in %#x: %#b, plain %#b, want %#b", tag, entriesOf(&l), got, plain, want)
		}
	}
}
