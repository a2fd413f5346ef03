//go:build amd64 && (linux || darwin) && !purego && !race

package shard

import "unsafe"

// Here is what a burst does for some lookups at once, in AVX2, with one call for
// all. Among 8192 flows, which a cache holds, a lookup took 19 ns with it and 24
// with the twins, which are in flows_burst_plain.go.

// touchBuckets writes the slots of the first flow with the tag in each of n
// buckets, 0 for none, and returns a bit for each bucket that has none and from
// which none is displaced. buckets are numbers in lines. It reads as slotOfKey
// does, each bucket's last word after the others.
//
//go:noescape
func touchBuckets(lines unsafe.Pointer, buckets *uint32, hashes *hashed, slots *uint32, n int) (settled uint64)

// differingKeys returns a bit for each of n keys that is not that of the flow. flows
// is the array of all flows, of 64 bytes each, whose keys come first; the one in
// slot 0 has no packet's key.
//
//go:noescape
func differingKeys(flows unsafe.Pointer, slots *uint32, keys *Key, n int) uint64

func (l *FlowLookups) touchAll(first, n int) {
	if !hasAVX2 {
		l.touchAllPlain(first, n)
		return
	}
	m := touchBuckets(l.table.segments.slots.base, &l.buckets[first], &l.hashes[first], &l.Slots[first], n)
	l.settled = l.settled&^((1<<n-1)<<first) | m<<first
}

func (l *FlowLookups) differing(first, n int) uint64 {
	if !hasAVX2 {
		return l.differingPlain(first, n)
	}
	return differingKeys(l.table.slab.slots.base, &l.Slots[first], &l.Keys[first], n) << first
}
