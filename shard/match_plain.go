package shard

import "math/bits"

// matchPlain returns the flow with that key in a bucket, or 0. It is the twin of
// match where that is assembly.
func (f *Flows) matchPlain(l *line, h hashed, k *Key) uint32 {
	for m := l.tagged(h.tag()); m != 0; m &= m - 1 {
		slot := uint32(l[bits.TrailingZeros32(m)&lastPlace].Load()) & slotMask
		if slot != 0 && f.At(slot).Key.equal(k) {
			return slot
		}
	}
	return 0
}

// tagged returns a bit for each place of a bucket whose word has the tag.
//
// It has no branch: which place it is cannot be foretold, so a branch would be
// taken wrongly most of the time, and not before the bucket has come from memory.
// As it is the processor runs on into the next lookup meanwhile.
func (l *line) tagged(tag uint32) uint32 {
	return hasTag(l[0].Load(), tag) | hasTag(l[1].Load(), tag)<<1 | hasTag(l[2].Load(), tag)<<2 |
		hasTag(l[3].Load(), tag)<<3 | hasTag(l[4].Load(), tag)<<4 | hasTag(l[5].Load(), tag)<<5 |
		hasTag(l[6].Load(), tag)<<6 | hasTag(l[7].Load(), tag)<<7
}

// hasTag returns 1 if a bucket's word has the tag, else 0.
func hasTag(e uint64, tag uint32) uint32 {
	return uint32((uint64(uint32(e>>tagShift)^tag) - 1) >> 63)
}
