package shard

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
	tag := h.tag()
	for j := range l {
		if e := l[j].Load(); uint32(e>>tagShift) == tag {
			if slot := uint32(e) & slotMask; slot != 0 && f.At(slot).Key.equal(k) {
				return slot
			}
		}
	}
	return 0
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
		buckets [Burst]*line
	)
	for i := range keys {
		h := d.hash(&keys[i])
		hashes[i&(Burst-1)] = h
		l := segment(f.segments.Run(d.word(h).run())).at(h, 0)
		l[0].Load() // fetches the line; its value is of no interest yet
		buckets[i&(Burst-1)] = l
	}
	sum := uint32(0)
	for i := range keys {
		slot := buckets[i&(Burst-1)].candidate(hashes[i&(Burst-1)])
		found[i] = slot
		if slot != 0 {
			sum += f.At(slot).Socket // fetches the flow
		}
	}
	consume(sum)
	for i := range keys {
		if slot := found[i]; slot != 0 && f.At(slot).Key.equal(&keys[i]) {
			continue
		}
		found[i] = f.again(d, hashes[i&(Burst-1)], buckets[i&(Burst-1)], &keys[i])
	}
}

// consume keeps the compiler from leaving out the reading of a value.
//
//go:noinline
func consume(uint32) {}

// candidate returns the first flow in a bucket with the hash's tag, or 0.
func (l *line) candidate(h hashed) uint32 {
	tag := h.tag()
	for j := range l {
		if e := l[j].Load(); uint32(e>>tagShift) == tag {
			if slot := uint32(e) & slotMask; slot != 0 {
				return slot
			}
		}
	}
	return 0
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
