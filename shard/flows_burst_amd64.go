//go:build amd64 && (linux || darwin) && !purego && !race

package shard

import "unsafe"

// Here is what a burst does for some lookups at once, with one call for all. A lookup
// among a million flows took 26 ns with it and 39 with the twins, which are in
// flows_burst.go, at best.

// hashBuckets writes the hashes of n keys and the numbers of their own buckets in lines,
// and asks memory for those, and for the keys that it is given next, a group farther on: the
// processor, which would see by itself where they are, is behind with so much else asked for.
// A lookup in a burst took 36 ns without that, and takes 30, where the keys come from memory
// (BenchmarkFlowBurst of bench/). in is the namespace where the last word of a key has it.
// It needs AVX2 and BMI2.
//
//go:noescape
func hashBuckets(d *directory, lines unsafe.Pointer, keys *Key, n int, in uint64, hashes *hashed, buckets *uint32)

// touchBuckets does for n lookups what touchPlain does. buckets are numbers in lines;
// ahead is where the sockets are whose lines are asked for, or nil. It needs AVX2, BMI1
// and BMI2, and reads as findFlow does.
//
//go:noescape
func touchBuckets(lines unsafe.Pointer, buckets *uint32, hashes *hashed, keys *Key, n int, in uint64, sockets *Handle, ahead unsafe.Pointer, asked *uint32) (others, shown uint64)

// compareBuckets does for the lookups of which which has a bit what comparePlain does.
// It needs AVX2, BMI1 and BMI2, and reads as findFlow does.
//
//go:noescape
func compareBuckets(lines unsafe.Pointer, buckets *uint32, keys *Key, in uint64, sockets *Handle, which uint64, ahead unsafe.Pointer, asked *uint32) (others, shown uint64)

// hash hashes keys, chooses their own buckets and asks memory for those.
func (l *FlowLookups) hash(keys []Key, first int) {
	if !hasAVX2 {
		l.hashPlain(keys, first)
		return
	}
	hashBuckets(l.dir, l.table.lines.first, &keys[0], len(keys), l.in(), &l.hashes[first], &l.buckets[first])
}

// touch looks for keys in their own buckets, and chooses the candidates for the
// others; see touchPlain for what it returns.
func (l *FlowLookups) touch(keys []Key, first int) (others, shown uint64) {
	if !hasAVX2 {
		return l.touchPlain(keys, first)
	}
	return touchBuckets(l.table.lines.first, &l.buckets[first], &l.hashes[first], &keys[0], len(keys), l.in(), &l.Sockets[first], l.socketLines(), &l.Asked[first])
}

// compare looks for keys in their candidates; see comparePlain for what it returns.
func (l *FlowLookups) compare(keys []Key, first int, which uint64) (others, shown uint64) {
	if !hasAVX2 {
		return l.comparePlain(keys, first, which)
	}
	return compareBuckets(l.table.lines.first, &l.buckets[first], &keys[0], l.in(), &l.Sockets[first], which, l.socketLines(), &l.Asked[first])
}

// socketLines is where the sockets are whose lines are asked for, or nil. Sound as lines.
func (l *FlowLookups) socketLines() unsafe.Pointer {
	if l.ahead == nil {
		return nil
	}
	return l.ahead.slots.base
}

// in is the namespace where the last word of a key has it.
func (l *FlowLookups) in() uint64 { return uint64(l.namespace) << 40 }
