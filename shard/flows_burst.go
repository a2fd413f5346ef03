package shard

import "math/bits"

// FlowLookups are lookups on their way, number i in place i%OnTheWay, to be taken
// through Hash, Touch and Compare by InStep. So the memory fetches the buckets
// of several side by side. Begin goes before, in the same section.
//
// A stage asks for each line as soon as it knows which, and not for all when it is done
// with all: memory has as many lines on their way as it can, and no more, while the stage
// works. A lookup in a burst of 32 among a million flows took 31 ns this way and 35 with
// the requests at the end of each stage (BenchmarkFlowBurst of bench/).
//
// The keys stay where they are. They name the namespace of Begin, or none.
type FlowLookups struct {
	Sockets [OnTheWay]Handle // that the flows are bound to, 0 for none, after Compare

	table     *Flows
	ahead     *Sockets   // whose lines are asked for, too; nil for none
	dir       *directory // nil for an empty table
	namespace uint32
	hashes    [OnTheWay]hashed
	buckets   [OnTheWay]uint32 // the keys' own, and after Touch the candidates
	// others has a bit for each place whose flow was not in its own bucket, and may be
	// in the candidate.
	others uint64
}

// Begin says which table the lookups are in, and which namespace, and whether the first
// lines of the sockets are wanted in the end: then memory is asked for those as well.
func (l *FlowLookups) Begin(f *Flows, namespace uint32, ahead bool) {
	l.table, l.dir, l.namespace, l.ahead = f, f.dir.Load(), namespace, nil
	if ahead {
		l.ahead = f.sockets
	}
}

// Hash chooses the own buckets of the lookups for keys, of which the first is number
// from, and asks memory for them.
func (l *FlowLookups) Hash(keys []Key, from int) {
	if l.dir == nil {
		return
	}
	l.hash(keys, from&onTheWayMask)
}

// Touch takes the sockets of the flows that are in their own buckets, chooses the
// candidates for the others and asks memory for those, and once more for the own
// buckets of the rest, which are there. The keys are the same that Hash had. A flow that
// is not found at all, or not yet, has the socket 0.
func (l *FlowLookups) Touch(keys []Key, from int) {
	first := from & onTheWayMask
	if l.dir == nil {
		clear(l.Sockets[first:][:len(keys)])
		return
	}
	m := l.touch(keys, first)
	l.others = l.others&^((1<<len(keys)-1)<<first) | m<<first
}

// Compare takes the sockets of the flows that are in their candidates, by the same
// keys again. Others have the same print as another flow, or came or went
// meanwhile: they are looked up one by one.
func (l *FlowLookups) Compare(keys []Key, from int) {
	first := from & onTheWayMask
	which := l.others >> first & (1<<len(keys) - 1)
	if l.dir == nil || which == 0 {
		return
	}
	for m := l.compare(keys, first, which); m != 0; m &= m - 1 {
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
	l.fetch(first, len(keys))
}

// fetch asks memory for the buckets of n lookups.
func (l *FlowLookups) fetch(first, n int) {
	l.table.segments.slots.fetch(l.buckets[first:][:n])
}

// fetchSockets asks memory for the sockets of n lookups, where they are wanted.
func (l *FlowLookups) fetchSockets(first, n int) {
	if l.ahead != nil {
		l.ahead.slots.fetchOf(l.Sockets[first:][:n])
	}
}

// touchPlain is the twin of touch: it writes the sockets of lookups whose own bucket
// holds the key, and 0 for others. Where another bucket may, that takes the own one's
// place; for those, and where the own one was another flow's a moment ago, it returns a
// bit, the lowest for the first key.
func (l *FlowLookups) touchPlain(keys []Key, first int) (others uint64) {
	var key Key
	for i := range keys {
		key.Set(&keys[i], l.namespace)
		p := (first + i) & onTheWayMask
		b := l.buckets[p]
		own := l.table.segments.At(b)
		s := own.holds(&key)
		at, none := own.candidate(b, l.hashes[p])
		if s != 0 {
			at, none = b, true
		}
		l.Sockets[p], l.buckets[p] = s, at
		if !none {
			others |= 1 << i
		}
	}
	l.fetch(first, len(keys))
	l.fetchSockets(first, len(keys))
	return others
}

// comparePlain is the twin of compare: it writes the sockets of the lookups of which
// which has a bit, and returns a bit for each key that its bucket does not hold, the
// lowest for the first.
func (l *FlowLookups) comparePlain(keys []Key, first int, which uint64) (others uint64) {
	var key Key
	for m := which; m != 0; m &= m - 1 {
		i := bits.TrailingZeros64(m)
		key.Set(&keys[i], l.namespace)
		p := (first + i) & onTheWayMask
		if l.Sockets[p] = l.table.segments.At(l.buckets[p]).holds(&key); l.Sockets[p] == 0 {
			others |= 1 << i
		}
	}
	l.fetchSockets(first, len(keys))
	return others
}
