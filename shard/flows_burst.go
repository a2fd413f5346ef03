package shard

import "math/bits"

// FlowLookups are lookups on their way, number i in place i%OnTheWay, to be taken
// through Hash, Touch and Compare by InStep. So the memory fetches the buckets and
// the flows of several side by side. Begin goes before, in the same section.
type FlowLookups struct {
	Keys  [OnTheWay]Key    // to be set before Hash
	Slots [OnTheWay]uint32 // of the flows, 0 for none, after Compare

	table   *Flows
	dir     *directory // nil for an empty table
	hashes  [OnTheWay]hashed
	buckets [OnTheWay]uint32 // slots of the lines
	// settled has a bit for each place whose bucket says that there is no flow.
	settled uint64
}

// Begin says which table the lookups are in.
func (l *FlowLookups) Begin(f *Flows) {
	l.table, l.dir = f, f.dir.Load()
	if f.slab.made.Load() == 0 {
		l.dir = nil // no flow was ever bound, so there is no slot 0 to look at
	}
}

// Hash chooses the buckets and asks memory for them.
func (l *FlowLookups) Hash(from, to int) {
	d := l.dir
	if d == nil {
		return
	}
	first, n := from&onTheWayMask, to-from
	for i := first; i < first+n; i++ {
		i := i & onTheWayMask
		h := d.hash(&l.Keys[i])
		l.hashes[i], l.buckets[i] = h, d.word(h).run()+h.bucket()
	}
	l.table.segments.slots.fetch(l.buckets[first:][:n])
}

// Touch chooses the flows and asks memory for them.
func (l *FlowLookups) Touch(from, to int) {
	first, n := from&onTheWayMask, to-from
	if l.dir == nil {
		clear(l.Slots[first:][:n])
		return
	}
	l.touchAll(first, n)
	l.table.slab.slots.fetch(l.Slots[first:][:n])
}

// Compare makes sure that the flows are those of the keys.
func (l *FlowLookups) Compare(from, to int) {
	if l.dir == nil {
		return
	}
	first, n := from&onTheWayMask, to-from
	for m := l.differing(first, n) &^ l.settled; m != 0; m &= m - 1 {
		i := bits.TrailingZeros64(m) & onTheWayMask
		l.Slots[i] = l.table.again(l.dir, l.hashes[i], l.table.segments.At(l.buckets[i]), &l.Keys[i])
	}
}

// again is Find for a key whose candidate was none or the wrong one.
func (f *Flows) again(d *directory, h hashed, l *line, k *Key) uint32 {
	if slot := f.match(l, h, k); slot != 0 || !l.more() {
		return slot
	}
	// The segment may be another by now, in which flows stand nearer to their own
	// bucket than in the one that has l. So this begins with the first bucket.
	return f.findFrom(0, d.word(h).run(), h, k)
}
