package shard

import "math/bits"

// Here are the plain twins of what flows_burst_amd64.go does for some lookups at
// once.

// touchAllPlain chooses the flows of n lookups: the first with the tag, or 0 for
// none. It notes which lookups are settled by that: no word has the tag, and no
// flow is displaced. (An emptied word has the tag 0, which some flow may have.)
func (l *FlowLookups) touchAllPlain(first, n int) {
	for i := first; i < first+n; i++ {
		i := i & onTheWayMask
		b := l.table.segments.At(l.buckets[i])
		m := b.tagged(l.hashes[i].tag())
		l.Slots[i] = b.candidate(m)
		l.settled &^= 1 << i
		if m == 0 && !b.more() {
			l.settled |= 1 << i
		}
	}
}

// candidate returns the first of the flows in a bucket whose places m names, 0 for
// none.
func (l *line) candidate(m uint32) uint32 {
	if m == 0 {
		return 0
	}
	return uint32(l[bits.TrailingZeros32(m)&lastPlace].Load()) & slotMask
}

// differingPlain returns a bit for each place of n lookups whose flow has another
// key. That of slot 0 has none.
func (l *FlowLookups) differingPlain(first, n int) (m uint64) {
	for i := first; i < first+n; i++ {
		i := i & onTheWayMask
		if slot := l.Slots[i]; slot == 0 || !l.table.At(slot).Key.equal(&l.Keys[i]) {
			m |= 1 << i
		}
	}
	return m
}
