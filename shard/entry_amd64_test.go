//go:build amd64 && (linux || darwin) && !purego && !race

package shard

import "testing"

// TestGlance fails when a label that is held, and does not move, is not seen at once.
func TestGlance(t *testing.T) {
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
		r.inside(func() {
			for label := range uint32(held) {
				if e := glance(ss, s, generation, label+1); e.Label() != label+1 {
					t.Errorf("label %d of %d: %v", label+1, held, e)
				}
			}
		})
	}
}
