package shard

import "math/bits"

// Find returns the slot of the flow with that key, or 0. It is what a packet
// asks: a word of the directory, a line of buckets, and the flow's.
func (f *Flows) Find(k *Key) uint32 {
	d := f.dir.Load()
	if d == nil {
		return 0
	}
	h := d.hash(k)
	g := segment(f.segments.Run(d.word(h).run()))
	l := g.at(h, 0)
	if slot := f.match(l, h, k); slot != 0 || !l.more() {
		return slot
	}
	return f.findFrom(1, g, h, k)
}

// match returns the flow with that key in a bucket, or 0.
func (f *Flows) match(l *line, h hashed, k *Key) uint32 {
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

// findFrom looks for a flow in its window from the n-th bucket on, apart so that
// Find and FindBurst stay short.
func (f *Flows) findFrom(n uint32, g segment, h hashed, k *Key) uint32 {
	for ; n < window; n++ {
		l := g.at(h, n)
		if slot := f.match(l, h, k); slot != 0 || !l.more() {
			return slot
		}
	}
	return 0
}

// Burst is how many keys FindBurst works on at a time.
const Burst = 32

// FindBurst writes the slot of the flow of each key, or 0, into found, which is
// at least as long as keys. It first hashes all keys and touches their buckets,
// so that the memory fetches them side by side, then the flows.
func (f *Flows) FindBurst(keys []Key, found []uint32) {
	d := f.dir.Load()
	for len(keys) > 0 {
		n := min(Burst, len(keys))
		if d == nil {
			clear(found[:n])
		} else {
			f.findBurst(d, keys[:n], found[:n])
		}
		keys, found = keys[n:], found[n:]
	}
}

func (f *Flows) findBurst(d *directory, keys []Key, found []uint32) {
	var (
		hashes  [Burst]hashed
		buckets bucketBurst
		flows   flowBurst
	)
	for i := range keys {
		h := d.hash(&keys[i])
		hashes[i&(Burst-1)] = h
		buckets[i&(Burst-1)] = segment(f.segments.Run(d.word(h).run())).at(h, 0)
	}
	buckets.prefetch(len(keys))
	for i := range keys {
		slot := buckets[i&(Burst-1)].candidate(hashes[i&(Burst-1)])
		found[i] = slot
		if slot != 0 {
			flows[i&(Burst-1)] = f.At(slot)
		}
	}
	flows.prefetch(len(keys))
	for i := range keys {
		if fl := flows[i&(Burst-1)]; fl != nil && fl.Key.equal(&keys[i]) {
			continue
		}
		found[i] = f.again(d, hashes[i&(Burst-1)], buckets[i&(Burst-1)], &keys[i])
	}
}

// candidate returns the first flow in a bucket with the hash's tag, or 0.
func (l *line) candidate(h hashed) uint32 {
	m := l.tagged(h.tag())
	if m == 0 {
		return 0
	}
	return uint32(l[bits.TrailingZeros32(m)&lastPlace].Load()) & slotMask
}

// again is Find for a key whose candidate was none or the wrong one.
func (f *Flows) again(d *directory, h hashed, l *line, k *Key) uint32 {
	if slot := f.match(l, h, k); slot != 0 || !l.more() {
		return slot
	}
	// The segment may be another by now, in which flows stand nearer to their own
	// bucket than in the one that has l. So this begins with the first bucket.
	return f.findFrom(0, f.segments.Run(d.word(h).run()), h, k)
}
