package shard

// fataler is a *testing.T or a *rapid.T.
type fataler interface{ Fatalf(string, ...any) }

// checkFlows looks at the whole of a table at rest, which has n flows.
func (r *flowRig) checkFlows(t fataler, n int) { r.flows.check(t, n) }

func (f *Flows) check(t fataler, n int) {
	d, seen := f.dir.Load(), make(map[uint32]bool)
	if d != nil {
		checkDirectory(t, d)
		for i := range d.words {
			w := segmentWord(d.words[i].Load())
			if i > 0 && w == segmentWord(d.words[i-1].Load()) {
				continue // the segment was checked already
			}
			first := hashed(uint64(i) << (d.shift & 63))
			checkSegment(t, f, d, f.segments.Run(w.run()), first, w.depth(), seen)
		}
	}
	if len(seen) != n || f.Bound() != n {
		t.Fatalf("%d flows in the table, %d bound, want %d", len(seen), f.Bound(), n)
	}
}

// checkDirectory checks that each segment stands in as many words as its depth
// says, in the right place, and that no two words of others name its run.
func checkDirectory(t fataler, d *directory) {
	runs := make(map[uint32]bool)
	for i := 0; i < len(d.words); {
		w := segmentWord(d.words[i].Load())
		if w.depth() > d.bits() || runs[w.run()] {
			t.Fatalf("word %d of %d: run %d of depth %d, named before: %v", i, len(d.words), w.run(), w.depth(), runs[w.run()])
		}
		runs[w.run()] = true
		span := 1 << (d.bits() - w.depth())
		if i%span != 0 {
			t.Fatalf("word %d begins a segment of %d words", i, span)
		}
		for range span {
			if segmentWord(d.words[i].Load()) != w {
				t.Fatalf("word %d is not its neighbour's", i)
			}
			i++
		}
	}
}

// checkSegment checks each flow of a segment, whose hashes begin with the depth
// top bits of first, and the counts of its buckets.
func checkSegment(t fataler, f *Flows, d *directory, g segment, first hashed, depth uint32, seen map[uint32]bool) {
	displaced := make([]uint64, segmentBuckets)
	for i := range g {
		for j := range g[i] {
			e := g[i][j].Load()
			slot := uint32(e) & slotMask
			if slot == 0 {
				continue
			}
			fl := f.At(slot)
			h := d.hash(&fl.Key)
			away := (uint32(i) - h.bucket()) & segmentMask
			switch {
			case seen[slot]:
				t.Fatalf("flow %d stands in two places", slot)
			case uint32(e>>tagShift) != h.tag() || away >= window || uint64(h^first)>>(64-depth) != 0:
				t.Fatalf("flow %d with hash %#x stands in bucket %d of segment %#x, depth %d, with tag %#x",
					slot, h, i, first, depth, e>>tagShift)
			case !fl.listed:
				t.Fatalf("flow %d is not on its socket's list", slot)
			}
			seen[slot] = true
			for b := range away {
				displaced[(h.bucket()+b)&segmentMask]++
			}
		}
	}
	checkBuckets(t, g, displaced)
}

// checkBuckets checks the counts of buckets, and that no window has more flows
// with one tag than it may.
func checkBuckets(t fataler, g segment, displaced []uint64) {
	for i := range g {
		if got := g[i][lastPlace].Load() & displacedMask / oneDisplaced; got != displaced[i] {
			t.Fatalf("bucket %d counts %d displaced flows, want %d", i, got, displaced[i])
		}
		for j := range g[i][:lastPlace] {
			if g[i][j].Load()&displacedMask != 0 {
				t.Fatalf("bucket %d has a count in place %d", i, j)
			}
		}
		tags := make(map[uint64]int)
		for n := range uint32(window) {
			for _, e := range entriesOf(g.at(hashed(i), n)) {
				if tags[e>>tagShift]++; tags[e>>tagShift] > sameTags {
					t.Fatalf("the window of bucket %d has %d flows with tag %#x", i, tags[e>>tagShift], e>>tagShift)
				}
			}
		}
	}
}

// entriesOf returns the words of a bucket that name flows.
func entriesOf(l *line) (es []uint64) {
	for j := range l {
		if e := l[j].Load(); e&slotMask != 0 {
			es = append(es, e)
		}
	}
	return es
}
