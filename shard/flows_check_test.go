package shard

import "slices"

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
// top bits of first, and the references of its buckets.
func checkSegment(t fataler, f *Flows, d *directory, g segment, first hashed, depth uint32, seen map[uint32]bool) {
	displaced := make(map[uint32][]uint64) // by own bucket
	for i := range g {
		slot := g[i].slot()
		if slot == 0 {
			if e := g[i][entryWord].Load(); e != 0 {
				t.Fatalf("bucket %d is empty and has the entry %#x", i, e)
			}
			continue
		}
		fl, k := f.At(slot), g[i].key()
		h := d.hash(&k)
		switch {
		case seen[slot]:
			t.Fatalf("flow %d stands in two places", slot)
		case uint64(h^first)>>(64-depth) != 0:
			t.Fatalf("flow %d with hash %#x stands in segment %#x, depth %d", slot, h, first, depth)
		case f.segments.At(fl.bucket.Load()) != &g[i]:
			t.Fatalf("flow %d does not know where it stands", slot)
		case Handle(g[i][handleWord].Load()) != fl.Socket:
			t.Fatalf("flow %d is bound to %#x, its bucket says %#x", slot, fl.Socket, g[i][handleWord].Load())
		case g[i].shown() != f.shownBy(slot, fl):
			t.Fatalf("flow %d shows %#x, want %#x", slot, g[i].shown(), f.shownBy(slot, fl))
		case !fl.listed:
			t.Fatalf("flow %d is not on its socket's list", slot)
		}
		seen[slot] = true
		if own := h.bucket(); own != uint32(i) {
			displaced[own] = append(displaced[own], uint64(h)&printMask|uint64(own^uint32(i)))
		}
	}
	checkReferences(t, g, displaced)
}

// shownBy is what a flow should show, as far as is known without the table.
func (f *Flows) shownBy(slot uint32, fl *Flow) uint32 {
	s := f.sockets.At(fl.Socket.Slot())
	list := Entry(s.own[0].Load())
	switch {
	case !s.Open(fl.Socket.Generation()), s.Hides, s.word.Load()&blockMask != 0:
	case s.flows != slot || fl.next != 0: // not its only one
	case list != 0 && !list.Headers():
		return ShownMark | list.Label()
	}
	return 0
}

// checkReferences checks that the buckets have the references that they should
// have, and no others.
func checkReferences(t fataler, g segment, displaced map[uint32][]uint64) {
	for i := range g {
		var got []uint64
		for r := g[i][displacedWord].Load(); r != 0; r >>= referenceBits {
			if one := r & (1<<referenceBits - 1); one != 0 {
				got = append(got, one)
			}
		}
		want := displaced[uint32(i)]
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Fatalf("bucket %d has references %#x, want %#x", i, got, want)
		}
	}
}

// slotOf returns the slot of the flow with that key, as a reader sees it; or 0.
func (f *Flows) slotOf(k *Key) uint32 {
	d := f.dir.Load()
	if d == nil {
		return 0
	}
	h := d.hash(k)
	if n, ok := segment(f.segments.Run(d.word(h).run())).find(h, k); ok {
		return f.segments.At(d.word(h).run() + n).slot()
	}
	return 0
}
