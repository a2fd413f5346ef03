package shard

import "math/bits"

// FlowLookups are lookups on their way, number i in place i%OnTheWay, to be taken
// through Hash, Touch and Compare by InStep. So the memory fetches the buckets
// of several side by side. Begin goes before, in the same section.
//
// The keys stay where they are. Whatever namespace they name, they are looked up in
// that of Begin.
type FlowLookups struct {
	Sockets [OnTheWay]Handle // that the flows are bound to, 0 for none, after Compare

	table     *Flows
	dir       *directory // nil for an empty table
	namespace uint32
	hashes    [OnTheWay]hashed
	buckets   [OnTheWay]uint32 // the keys' own, and after Touch the candidates
	// settled has a bit for each place whose own bucket says that there is no flow.
	settled uint64
}

// Begin says which table the lookups are in, and which namespace.
func (l *FlowLookups) Begin(f *Flows, namespace uint32) {
	l.table, l.dir, l.namespace = f, f.dir.Load(), namespace
}

// Hash chooses the own buckets of the lookups for keys, of which the first is number
// from, and asks memory for them.
func (l *FlowLookups) Hash(keys []Key, from int) {
	if l.dir == nil {
		return
	}
	first := from & onTheWayMask
	l.hash(keys, first)
	l.table.segments.slots.fetch(l.buckets[first:][:len(keys)])
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

// Compare takes the sockets of the flows whose candidates hold their keys, the same
// that Hash had. Others have the same print as another flow, or came or went
// meanwhile: they are looked up one by one.
func (l *FlowLookups) Compare(keys []Key, from int) {
	first := from & onTheWayMask
	if l.dir == nil {
		clear(l.Sockets[first:][:len(keys)])
		return
	}
	for m := l.compare(keys, first) &^ (l.settled >> first); m != 0; m &= m - 1 {
		i := bits.TrailingZeros64(m)
		l.Sockets[(first+i)&onTheWayMask] = l.table.FindIn(&keys[i], l.namespace)
	}
}

// hashPlain is the twin of hash where that is assembly: it hashes keys and chooses
// their own buckets.
func (l *FlowLookups) hashPlain(keys []Key, first int) {
	var key Key
	for i := range keys {
		key.Set(&keys[i], l.namespace)
		i := (first + i) & onTheWayMask
		h := l.dir.hash(&key)
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

// comparePlain is the twin of compare: it writes the sockets of lookups, and returns
// a bit for each key that its bucket does not hold, the lowest for the first.
func (l *FlowLookups) comparePlain(keys []Key, first int) (m uint64) {
	var key Key
	for i := range keys {
		key.Set(&keys[i], l.namespace)
		at := (first + i) & onTheWayMask
		l.Sockets[at] = l.table.segments.At(l.buckets[at]).holds(&key)
		if l.Sockets[at] == 0 {
			m |= 1 << i
		}
	}
	return m
}
