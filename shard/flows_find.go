package shard

// FindIn returns the socket that the flow with that key is bound to in a namespace, or 0.
// The key names that namespace, or none. It is what a packet asks: a word of the
// directory, the flow's own bucket, and, if the flow is displaced, another. The key is
// not copied for the namespace: what was just written in words of 8 bytes cannot be read
// by 32 before it has reached the cache.
func (f *Flows) FindIn(k *Key, namespace uint32) Handle { return findFlow(f, k, namespace) }

// findPlain is the twin of findFlow where that is assembly.
func (f *Flows) findPlain(k *Key, namespace uint32) Handle {
	d := f.dir.Load()
	if d == nil {
		return 0
	}
	key := *k
	key.setWord(4, k.in(namespace))
	h := d.hash(&key)
	return f.search(d.word(h).run(), h, &key)
}

// search looks wherever a flow may stand in the segment that run names.
func (f *Flows) search(run uint32, h hashed, k *Key) Handle {
	own := f.segments.At(run + h.bucket())
	if s, _ := own.holds(k); s != 0 {
		return s
	}
	for r := own[displacedWord].Load(); r != 0; r >>= referenceBits {
		if (uint64(h)^r)&printMask == 0 {
			if s, _ := f.segments.At(run + h.bucket() ^ uint32(r)&wayMask).holds(k); s != 0 {
				return s
			}
		}
	}
	return 0
}
