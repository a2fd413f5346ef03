//go:build amd64 && (linux || darwin) && !purego && !race

package shard

import "unsafe"

// Here is what a burst does for some lookups at once, with one call for all. A lookup
// among a million flows took 31 ns with it and 38 with the twins, which are in
// flows_burst.go.

// hashBuckets writes the hashes that n keys have in a namespace, and the numbers of
// their own buckets. It needs BMI2.
//
//go:noescape
func hashBuckets(d *directory, keys *Key, n int, namespace uint32, hashes *hashed, buckets *uint32)

// candidateBuckets does for n lookups what line.candidate does for one, and
// returns a bit for each that has no candidate. buckets are numbers in lines; the
// candidates take their place. It needs BMI1 and BMI2.
//
//go:noescape
func candidateBuckets(lines unsafe.Pointer, buckets *uint32, hashes *hashed, n int) (settled uint64)

// compareBuckets writes the sockets of n lookups, 0 where the bucket does not hold
// the key in the namespace, for which it returns a bit. It needs AVX2, and reads as
// findFlow does.
//
//go:noescape
func compareBuckets(lines unsafe.Pointer, buckets *uint32, keys *Key, n int, namespace uint32, sockets *Handle) (others uint64)

// hash hashes keys and chooses their own buckets.
func (l *FlowLookups) hash(keys []Key, first int) {
	if !hasAVX2 {
		l.hashPlain(keys, first)
		return
	}
	hashBuckets(l.dir, &keys[0], len(keys), l.namespace, &l.hashes[first], &l.buckets[first])
}

// candidates takes the buckets of n lookups from their own to the candidates, and
// notes which lookups are settled by that.
func (l *FlowLookups) candidates(first, n int) {
	if !hasAVX2 {
		l.candidatesPlain(first, n)
		return
	}
	m := candidateBuckets(l.table.lines.first, &l.buckets[first], &l.hashes[first], n)
	l.settled = l.settled&^((1<<n-1)<<first) | m<<first
}

// compare writes the sockets of lookups, and returns a bit for each key that its
// bucket does not hold.
func (l *FlowLookups) compare(keys []Key, first int) uint64 {
	if !hasAVX2 {
		return l.comparePlain(keys, first)
	}
	return compareBuckets(l.table.lines.first, &l.buckets[first], &keys[0], len(keys), l.namespace, &l.Sockets[first])
}
