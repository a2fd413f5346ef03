package shard

import "testing"

// TestFindTwins asks for each label of lists of all sizes, and for others, and
// compares what is seen at once with what is found in order.
func TestFindTwins(t *testing.T) {
	const most = 100
	r := newRig()
	ss := NewSockets(r.domain, r.arena, 1, 4, most, nil)
	_, s, _ := opened(t, ss)
	const generation = socketLifeCount - 2
	s.word.Store(generation << socketGenShift)
	for held := range uint32(most + 1) {
		if held > 0 {
			entry := NewEntry(held+7, held, held%3 == 0)
			if got := ss.Publish(s, generation, 0, entry, new(Lease), 0, 0); got != Published {
				t.Fatalf("entry %d: outcome %d", held, got)
			}
		}
		r.inside(func() {
			for label := range held + 2 {
				sameFind(t, ss, s, generation, label)
			}
			sameFind(t, ss, s, generation, LabelSpace-1)
			sameFind(t, ss, s, generation, LabelSpace|held) // no label
			for bit := range 32 {
				sameFind(t, ss, s, generation^1<<bit, 1)
			}
			if e, _ := ss.Find(s, generation, held); held > 0 && e.Lease() != held+7 {
				t.Errorf("label %d: found %v", held, e)
			}
		})
	}
	ss.Shut(s, generation, func(Entry) {})
	r.inside(func() { sameFind(t, ss, s, generation, 1) })
}

func sameFind(t *testing.T, ss *Sockets, s *Socket, generation, label uint32) {
	t.Helper()
	twin, twinOK := ss.FindInOrder(s, generation, label)
	if seen := glance(ss, s, generation, label); seen != 0 && seen != twin {
		t.Fatalf("label %d of %d: seen %v, found in order %v", label, s.Used(), seen, twin)
	}
	if e, ok := ss.Find(s, generation, label); e != twin || ok != twinOK {
		t.Fatalf("label %d of %d: %v, %v; in order %v, %v", label, s.Used(), e, ok, twin, twinOK)
	}
}
