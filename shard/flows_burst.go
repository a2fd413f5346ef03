package shard

import "math/bits"

// FlowLookups are lookups on their way, number i in place i%OnTheWay, to be taken
// through Hash, Touch and Compare by InStep. So the memory fetches the buckets
// of several side by side. Begin goes before, in the same section.
type FlowLookups struct {
	Keys    [OnTheWay]Key    // to be set before Hash
	Sockets [OnTheWay]Handle // that the flows are bound to, 0 for none, after Compare

	table   *Flows
	dir     *directory // nil for an empty table
	hashes  [OnTheWay]hashed
	buckets [OnTheWay]uint32 // the keys' own, and after Touch the candidates
	// settled has a bit for each place whose own bucket says that there is no flow.
	settled uint64
}

// Begin says which table the lookups are in.
func (l *FlowLookups) Begin(f *Flows) { l.table, l.dir = f, f.dir.Load() }

// Hash chooses the keys' own buckets and asks memory for them.
func (l *FlowLookups) Hash(from, to int) {
	if l.dir == nil {
		return
	}
	first, n := from&onTheWayMask, to-from
	l.hash(first, n)
	l.table.segments.slots.fetch(l.buckets[first:][:n])
}

// Touch chooses the candidates and asks memory for those that are other buckets.
func (l *FlowLookups) Touch(from, to int) {
	if l.dir == nil {
		return
	}
	first, n := from&onTheWayMask, to-from
	l.candidates(first, n)
	l.table.segments.slots.fetch(l.buckets[first:][:n])
}

// Compare takes the sockets of the flows whose candidates hold their keys. Others
// have the same print as another flow, or came or went meanwhile: they are looked up
// one by one.
func (l *FlowLookups) Compare(from, to int) {
	first, n := from&onTheWayMask, to-from
	if l.dir == nil {
		clear(l.Sockets[first:][:n])
		return
	}
	for m := l.compare(first, n) &^ l.settled; m != 0; m &= m - 1 {
		i := bits.TrailingZeros64(m) & onTheWayMask
		l.Sockets[i] = l.table.Find(&l.Keys[i])
	}
}

// hashPlain is the twin of hash where that is assembly: it hashes n keys and chooses
// their own buckets.
func (l *FlowLookups) hashPlain(first, n int) {
	for i := first; i < first+n; i++ {
		i := i & onTheWayMask
		h := l.dir.hash(&l.Keys[i])
		l.hashes[i], l.buckets[i] = h, l.dir.word(h).run()+h.bucket()
	}
}

// candidatesPlain is the twin of candidates: it takes the buckets of n lookups from
// their own to the candidates, and notes which lookups are settled by that.
func (l *FlowLookups) candidatesPlain(first, n int) {
	for i := first; i < first+n; i++ {
		i := i & onTheWayMask
		b := l.buckets[i]
		at, none := l.table.segments.At(b).candidate(b, l.hashes[i])
		l.buckets[i] = at
		l.settled &^= 1 << i
		if none {
			l.settled |= 1 << i
		}
	}
}

// comparePlain is the twin of compare: it writes the sockets of n lookups, and
// returns a bit for each place whose bucket does not hold the key.
func (l *FlowLookups) comparePlain(first, n int) (m uint64) {
	for i := first; i < first+n; i++ {
		i := i & onTheWayMask
		l.Sockets[i] = l.table.segments.At(l.buckets[i]).holds(&l.Keys[i])
		if l.Sockets[i] == 0 {
			m |= 1 << i
		}
	}
	return m
}
