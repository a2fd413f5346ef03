package core_test

import (
	"errors"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/flowlabel/flowlabel/core"
)

// drawn is an injected source of labels: it gives the listed ones, then rest.
type drawn struct {
	list  []uint32
	rest  uint32
	draws int
}

func (d *drawn) next() uint32 {
	if d.draws++; d.draws <= len(d.list) {
		return d.list[d.draws-1]
	}
	return d.rest
}

// TestRandomSource sees the labels come from the source that was injected: the
// low 20 bits, without 0 and without those that are leased or linger.
func TestRandomSource(t *testing.T) {
	d := &drawn{list: []uint32{0xfff_12345, 0x12345, 0, 0x100000, 7, 0xabcde}, rest: 9}
	b := newRig(t, core.Options{Random: d.next})
	ns := b.space("a")
	s := b.socket(ns, 1)
	b.lease(s, 7, core.Any, 0)
	b.put(s, 7)
	for _, want := range []core.Label{0x12345, 0xabcde, 9} {
		if got := b.lease(s, 0, core.Any, 0); got != want {
			t.Errorf("label %#x, want %#x", got, want)
		}
	}
	b.put(s, 0xabcde)
	b.wait(2 * tick)
	d.list, d.draws = []uint32{7, 0xabcde}, 0
	for _, want := range []core.Label{7, 0xabcde} { // both have died
		if got := b.lease(s, 0, core.Any, 0); got != want {
			t.Errorf("label %#x, want %#x", got, want)
		}
	}
}

// TestSearchEnds has a source that always draws the same label: the search draws
// a bounded number of times, then walks from there, around the end of the space.
func TestSearchEnds(t *testing.T) {
	for _, ranges := range []bool{false, true} {
		last := core.MaxLabel
		if ranges {
			last = core.StatelessBit - 1
		}
		d := &drawn{rest: uint32(last) - 1}
		b := newRig(t, core.Options{Random: d.next})
		ns, err := b.Namespace("a", core.NamespaceOptions{Settings: &core.Settings{StateRanges: ranges}})
		if err != nil {
			t.Fatal(err)
		}
		s := b.socket(ns, 1)
		b.lease(s, 2, core.Any, 0) // in the way
		for _, want := range []core.Label{last - 1, last, 1, 3, 4} {
			d.draws = 0
			if got := b.lease(s, 0, core.Any, 0); got != want {
				t.Errorf("label %#x, want %#x", got, want)
			}
			if d.draws > 1000 {
				t.Errorf("%d draws", d.draws)
			}
		}
	}
}

// TestRandomRanges: with StateRanges no random label is of the stateless range,
// but under the rule of Linux that ignores the setting.
func TestRandomRanges(t *testing.T) {
	for name, x := range map[string]struct {
		rules  core.Rules
		ranges bool
		want   bool // some are of the stateless range
	}{
		"native, apart":   {core.Rules{}, true, false},
		"native, one":     {core.Rules{}, false, true},
		"ignored, apart":  {core.Rules{RandomIgnoresRanges: true}, true, true},
		"ignored, as one": {core.Rules{RandomIgnoresRanges: true}, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			b := newRig(t, core.Options{Rules: x.rules})
			ns, err := b.Namespace("a", core.NamespaceOptions{Settings: &core.Settings{StateRanges: x.ranges}})
			if err != nil {
				t.Fatal(err)
			}
			stateless := 0
			for range 20 {
				s := b.socket(ns, 1)
				for range 100 {
					if label := b.lease(s, 0, core.Any, 0); label&core.StatelessBit != 0 {
						stateless++
					}
				}
			}
			if got := stateless > 0; got != x.want {
				t.Errorf("%d of 2000 labels are of the stateless range", stateless)
			}
		})
	}
}

// TestRandomSpread: two engines draw different labels, and one engine's do not
// repeat or run in a row.
func TestRandomSpread(t *testing.T) {
	var all []core.Label
	for range 2 {
		b := newRig(t, core.Options{})
		for range 5 {
			s := b.socket(b.space(string(rune('a'+len(all)/50))), 1)
			for range 50 {
				all = append(all, b.lease(s, 0, core.Any, 0))
			}
		}
	}
	slices.Sort(all)
	neighbours := 0
	for i := range all[1:] {
		if all[i+1]-all[i] <= 1 {
			neighbours++
		}
	}
	if neighbours > 20 { // by chance, fewer than one is expected
		t.Errorf("%d of %d labels are next to another", neighbours, len(all))
	}
}

// TestStateRanges: a label of the stateless range may be asked for unless the
// namespace keeps the ranges apart; leases made before stay.
func TestStateRanges(t *testing.T) {
	b := newRig(t, core.Options{})
	ns := b.space("a")
	s := b.socket(ns, 1)
	b.lease(s, core.StatelessBit, core.Any, 0)
	if err := ns.SetSettings(core.Settings{StateRanges: true}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Get(core.Request{Label: core.StatelessBit, Dst: dst1, Share: core.Any}); !errors.Is(err, core.ErrStateless) {
		t.Errorf("%v, want ErrStateless", err)
	}
	for label, want := range map[core.Label]error{
		core.StatelessBit: core.ErrStateless, core.StatelessBit - 1: nil, core.MaxLabel + 1: core.ErrLabel, 0: nil,
	} {
		if err := ns.CheckLabel(label); !errors.Is(err, want) {
			t.Errorf("CheckLabel(%#x): %v, want %v", label, err, want)
		}
	}
	if err := s.Renew(core.Request{Label: core.StatelessBit}); err != nil {
		t.Error(err)
	}
	b.put(s, core.StatelessBit)
}

// TestRandomCollides has goroutines draw the same few labels: each gets one of
// its own.
func TestRandomCollides(t *testing.T) {
	var n atomic.Uint32
	b := newRig(t, core.Options{Random: func() uint32 { return n.Add(1) / 4 }})
	ns := b.space("a")
	const each = 100
	labels := make(chan []core.Label)
	for i := range 4 {
		s := b.socket(ns, uint64(i))
		go func() {
			var got []core.Label
			for range each {
				label, err := s.Get(core.Request{Dst: dst1, Share: core.Exclusive, Create: true})
				if err != nil {
					t.Error(err)
				}
				got = append(got, label)
			}
			labels <- got
		}()
	}
	all := make(map[core.Label]bool)
	for range 4 {
		for _, l := range <-labels {
			all[l] = true
		}
	}
	if len(all) != 4*each || b.Stats().Leases != 4*each {
		t.Errorf("%d labels and %d leases, want %d", len(all), b.Stats().Leases, 4*each)
	}
}
