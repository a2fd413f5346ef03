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
	// Asked are the labels that packets have, with ShownMark, where Begin was told of
	// them; written before Touch. Shown has after Compare a bit for each place whose flow
	// shows the label asked for.
	Asked [OnTheWay]uint32
	Shown uint64

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

// Begin says which table the lookups are in, and which namespace, and whether they are
// those of packets: then there are Asked labels, and memory is asked for the first line
// of each socket whose flow does not show the label.
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
// buckets of the rest, which are there; and for sockets, see Begin. The keys are the same that Hash had. A flow that
// is not found at all, or not yet, has the socket 0.
func (l *FlowLookups) Touch(keys []Key, from int) {
	first := from & onTheWayMask
	these := uint64(1<<len(keys)-1) << first
	l.Shown &^= these
	if l.dir == nil {
		clear(l.Sockets[first:][:len(keys)])
		return
	}
	others, shown := l.touch(keys, first)
	l.others = l.others&^these | others<<first
	l.Shown |= shown << first
}

// Compare takes the sockets of the flows that are in their candidates, by the same
// keys again, and asks memory for sockets as Touch does. Others have the same print as another flow, or came or went
// meanwhile: they are looked up one by one.
func (l *FlowLookups) Compare(keys []Key, from int) {
	first := from & onTheWayMask
	which := l.others >> first & (1<<len(keys) - 1)
	if l.dir == nil || which == 0 {
		return
	}
	others, shown := l.compare(keys, first, which)
	l.Shown |= shown << first
	for ; others != 0; others &= others - 1 {
		i := bits.TrailingZeros64(others)
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

// fetchSockets asks memory for the sockets of n lookups, where they are wanted. It asks
// for a few too many: for those as well whose flow shows the label.
func (l *FlowLookups) fetchSockets(first, n int) {
	if l.ahead != nil {
		l.ahead.slots.fetchOf(l.Sockets[first:][:n])
	}
}

// showing says whether shown is what lookup p asks for.
func (l *FlowLookups) showing(p int, s Handle, shown uint32) bool {
	return l.ahead != nil && s != 0 && shown == l.Asked[p]
}

// touchPlain is the twin of touch: it writes the sockets of lookups whose own bucket
// holds the key, and 0 for others. Where another bucket may, that takes the own one's
// place; for those it returns a bit in others, the lowest for the first key; and one in
// shown for each flow that shows what is asked for.
func (l *FlowLookups) touchPlain(keys []Key, first int) (others, shown uint64) {
	var key Key
	for i := range keys {
		key.Set(&keys[i], l.namespace)
		p := (first + i) & onTheWayMask
		b := l.buckets[p]
		own := l.table.segments.At(b)
		s, label := own.holds(&key)
		at, ok := own.candidate(b, l.hashes[p])
		if s != 0 {
			at, ok = b, false
		}
		l.Sockets[p], l.buckets[p] = s, at
		if ok {
			others |= 1 << i
		}
		if l.showing(p, s, label) {
			shown |= 1 << i
		}
	}
	l.fetch(first, len(keys))
	l.fetchSockets(first, len(keys))
	return others, shown
}

// comparePlain is the twin of compare: it writes the sockets of the lookups of which
// which has a bit, and returns a bit for each key that its bucket does not hold, the
// lowest for the first, and for each flow that shows what is asked for.
func (l *FlowLookups) comparePlain(keys []Key, first int, which uint64) (others, shown uint64) {
	var key Key
	for m := which; m != 0; m &= m - 1 {
		i := bits.TrailingZeros64(m)
		key.Set(&keys[i], l.namespace)
		p := (first + i) & onTheWayMask
		s, label := l.table.segments.At(l.buckets[p]).holds(&key)
		if l.Sockets[p] = s; s == 0 {
			others |= 1 << i
		}
		if l.showing(p, s, label) {
			shown |= 1 << i
		}
	}
	l.fetchSockets(first, len(keys))
	return others, shown
}
