package shard

// Find returns the slot of the flow with that key, or 0. It is what a packet
// asks: a word of the directory, a line of buckets, and the flow's.
func (f *Flows) Find(k *Key) uint32 {
	d := f.dir.Load()
	if d == nil {
		return 0
	}
	h := d.hash(k)
	run := d.word(h).run()
	l := f.bucket(run, h, 0)
	if slot := f.match(l, h, k); slot != 0 || !l.more() {
		return slot
	}
	return f.findFrom(1, run, h, k)
}

// bucket returns the n-th bucket of h's window in the segment that run names. It
// is segment.at without a slice in between.
func (f *Flows) bucket(run uint32, h hashed, n uint32) *line {
	return f.segments.At(run + (h.bucket()+n)&segmentMask)
}

// findFrom looks for a flow in its window from the n-th bucket on, apart so that
// Find and Compare stay short.
func (f *Flows) findFrom(n, run uint32, h hashed, k *Key) uint32 {
	for ; n < window; n++ {
		l := f.bucket(run, h, n)
		if slot := f.match(l, h, k); slot != 0 || !l.more() {
			return slot
		}
	}
	return 0
}
