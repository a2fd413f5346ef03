//go:build invariants

package shard

import (
	"strings"
	"testing"
)

// caught expects f to panic with a text that has want in it.
func caught(t *testing.T, want string, f func()) {
	t.Helper()
	defer func() {
		t.Helper()
		if got, _ := recover().(string); !strings.Contains(got, want) {
			t.Errorf("recovered %q, want %q", got, want)
		}
	}()
	f()
}

// TestPoisonedLease plants a write into each poisoned field of a lease after it
// was reclaimed. The next Alloc panics.
func TestPoisonedLease(t *testing.T) {
	for _, write := range []func(l *Lease){
		func(l *Lease) { l.Owner = 1 },
		func(l *Lease) { l.Label = 1 },
		func(l *Lease) { l.Namespace = 1 },
	} {
		r := newRig()
		ls := newLeases(r, 1, 8)
		id, l := born(t, ls, 1, 1)
		bury(t, ls, id, l)
		r.drain(t, 1, ls)
		write(l)
		caught(t, "written after it was reclaimed", func() { ls.Alloc(0) })
	}
}

// TestPoisonedPage plants a write into a page after it was frozen. Its
// reclamation panics.
func TestPoisonedPage(t *testing.T) {
	r := newRig()
	p := NewPages(r.domain, r.arena, 1, 8, nil)
	x := NewIndex(p)
	claim(t, x, 3, 30)
	page := p.slab.At(x.root[0].Load())
	x.Clear(3, 30)
	page.cells[5].word.Store(50)
	caught(t, "still names a lease", func() { r.drain(t, 1, p) })
}

// TestPoisonedBlock checks that nothing of a list can be read in its block after
// it was reclaimed.
func TestPoisonedBlock(t *testing.T) {
	r := newRig()
	ss := NewSockets(r.domain, r.arena, 1, 8, 64, nil)
	id, s, generation := opened(t, ss)
	fill(t, ss, s, generation, 20)
	word, _ := s.block(generation)
	lines := ss.run(word)
	ss.Shut(s, generation, func(Entry) {})
	ss.Retire(id)
	r.drain(t, 1, ss)
	for i := range lines {
		for j := range lines[i] {
			if e := lines[i][j].Load(); e != poison64 {
				t.Fatalf("entry %#x is still there", e)
			}
		}
	}
}
