//go:build amd64 && (linux || darwin) && invariants && !purego && !race

package shard

import "testing"

// TestFindAtAGlance fails when a label that is held, and does not move, has to be
// looked for in order.
func TestFindAtAGlance(t *testing.T) {
	if !hasAVX512 {
		t.Log("all is looked for in order: no AVX-512")
		return
	}
	const most = 100
	r := newRig()
	ss := NewSockets(r.domain, r.arena, 1, most, most, nil)
	for held := 1; held <= most; held++ {
		_, s, _ := opened(t, ss)
		const generation = socketLifeCount - 2
		s.word.Store(generation << socketGenShift)
		fill(t, ss, s, generation, held)
		before := inOrder.Load()
		r.inside(func() {
			for label := range uint32(held) {
				if e, ok := findEntry(ss, s, generation, label+1); !ok || e.Label() != label+1 {
					t.Errorf("label %d of %d: %v, %v", label+1, held, e, ok)
				}
			}
		})
		if n := inOrder.Load() - before; n != 0 {
			t.Errorf("%d labels: %d looked for in order", held, n)
		}
	}
}
