package core_test

import (
	"errors"
	"testing"

	"github.com/flowlabel/flowlabel/core"
)

// TestSendMasks: of what a sender asks for only the 20 bits of a label count, as
// of Linux's flow information.
func TestSendMasks(t *testing.T) {
	for _, policy := range []core.Policy{core.ExclusiveInNamespace, core.Strict} {
		b := newRig(t, core.Options{Rules: core.Rules{Policy: policy}})
		ns := b.space("a")
		must(t, ns.SetSettings(core.Settings{}))
		s := b.socket(ns, 1)
		b.lease(s, 5, core.Any, 0)
		r := b.Reader("test")
		defer r.Close()
		r.Enter()
		defer r.Exit()
		for _, how := range []core.Sending{
			{Addressed: true, Address: 0x0ab00005}, {Controlled: true, Control: 0xfff00005},
			{Addressed: true, Address: 0x00100000, Controlled: true, Control: 0x00100005},
		} {
			if d := r.Send(s, tuple(t, 1), how); d.Label != 5 || d.Verdict != core.Allowed {
				t.Errorf("%+v: %+v, want label 5", how, d)
			}
		}
		if d := r.Send(s, tuple(t, 1), core.Sending{Addressed: true, Address: 0x0ab00000}); d.Label != 0 || d.Verdict != core.Allowed {
			t.Errorf("a traffic class alone: %+v, want no label", d)
		}
	}
}

// TestDecisionErr has the error of every verdict.
func TestDecisionErr(t *testing.T) {
	for v, want := range map[core.Verdict]error{
		core.Allowed: nil, core.AllowedWithHeaders: nil, core.Refused: core.ErrRefused, core.Stale: core.ErrClosed,
		core.Unbound: core.ErrNotBound, core.Malformed: core.ErrPacket, core.NoPorts: core.ErrPacket, core.Unbound + 1: core.ErrPacket,
	} {
		err := core.Decision{Label: 0xabcde, Verdict: v}.Err()
		if !errors.Is(err, want) || want == nil && err != nil {
			t.Errorf("%v: %v, want %v", v, err, want)
		}
		says := map[core.Verdict]string{core.Refused: "0xabcde", core.Malformed: "malformed", core.NoPorts: "no ports", core.Unbound + 1: "unknown"}[v]
		if says != "" && !containsText(err, says) {
			t.Errorf("%v: %q does not say %q", v, err, says)
		}
	}
	if err := (core.Decision{}).Err(); err == nil {
		t.Error("the zero Decision lets a packet pass")
	}
}

// TestAutoChoice goes through the modes of automatic labels and the choices of a
// socket: what the socket is told, and what its packets get.
func TestAutoChoice(t *testing.T) {
	b := newRig(t, core.Options{})
	ns := b.space("a")
	s := b.socket(ns, 1)
	r := b.Reader("test")
	defer r.Close()
	if err := s.ChooseAutoLabels(core.AutoOn + 1); !errors.Is(err, core.ErrOption) {
		t.Errorf("choice 3: %v", err)
	}
	for _, x := range []struct {
		mode        uint8
		told, given [3]bool // by choice
	}{
		{0, [3]bool{false, false, true}, [3]bool{false, false, false}},
		{1, [3]bool{true, false, true}, [3]bool{true, false, true}},
		{2, [3]bool{false, false, true}, [3]bool{false, false, true}},
		{3, [3]bool{true, false, true}, [3]bool{true, true, true}},
	} {
		must(t, ns.SetSettings(core.Settings{AutoLabels: x.mode}))
		for choice := range core.AutoOn + 1 {
			must(t, s.ChooseAutoLabels(choice))
			told, err := s.AutoLabels()
			r.Enter()
			d := r.Send(s, tuple(t, 1), core.Sending{})
			r.Exit()
			if told != x.told[choice] || err != nil || (d.Label != 0) != x.given[choice] {
				t.Errorf("mode %d, choice %d: told %v, label %#x", x.mode, choice, told, d.Label)
			}
		}
	}
	must(t, s.Close())
	b.refusesAll(t, []refusal{
		{"choose", func() error { return s.ChooseAutoLabels(core.AutoOn) }, core.ErrClosed, ""},
		{"ask", func() error { _, err := s.AutoLabels(); return err }, core.ErrClosed, ""},
		{"ask the zero socket", func() error { _, err := core.Socket{}.AutoLabels(); return err }, core.ErrStale, ""},
	}, nil)
}

// TestAutoSpread: automatic labels differ between flows, directions, namespaces
// and engines, and fill their range.
func TestAutoSpread(t *testing.T) {
	b, other := newRig(t, core.Options{}), newRig(t, core.Options{})
	r, r2 := b.Reader("test"), other.Reader("test")
	defer r.Close()
	defer r2.Close()
	ns, ns2, ns3 := b.space("a"), b.space("b"), other.space("a")
	must(t, ns2.SetSettings(core.Settings{AutoLabels: 1, StateRanges: true}))
	r.Enter()
	defer r.Exit()
	r2.Enter()
	defer r2.Exit()
	const flows = 5000
	seen := make(map[core.Label]int)
	var high, same int
	for port := range uint16(flows) {
		tup := tuple(t, port)
		label := r.Reply(ns, core.ResetReply, tup, 0)
		seen[label]++
		if label >= core.StatelessBit {
			high++
		}
		for _, l := range []core.Label{r.Reply(ns, core.ResetReply, tup.Reversed(), 0), r2.Reply(ns3, core.ResetReply, tup, 0)} {
			if l == label {
				same++
			}
		}
		if l := r.Reply(ns2, core.EchoReply, tup, 0); l&core.StatelessBit == 0 {
			t.Fatalf("label %#x without the stateless bit", l)
		}
		if label == 0 || label > core.MaxLabel || r.Reply(ns, core.EchoReply, tup, 0) != label {
			t.Fatalf("label %#x", label)
		}
	}
	// Of 5000 draws from 2^20 some 12 meet another one; both halves are hit alike.
	if len(seen) < flows-60 || same > 5 || high < flows*2/5 || high > flows*3/5 {
		t.Errorf("%d labels of %d flows, %d in the upper half, %d the same in another place", len(seen), flows, high, same)
	}
}

// TestReply has each kind of reply under each setting.
func TestReply(t *testing.T) {
	b := newRig(t, core.Options{})
	ns := b.space("a")
	r := b.Reader("test")
	defer r.Close()
	r.Enter()
	defer r.Exit()
	for bits := range uint8(8) {
		for auto := range uint8(4) {
			must(t, ns.SetSettings(core.Settings{AutoLabels: auto, Reflect: bits}))
			for kind, bit := range map[core.Reply]uint8{core.ResetReply: core.ReflectReset, core.EchoReply: core.ReflectEcho} {
				for _, received := range []core.Label{0, 7, 0x0ab00007, 0x00300000} {
					got := r.Reply(ns, kind, tuple(t, 1), received)
					switch reflected := received & core.MaxLabel; {
					case bits&bit != 0 && reflected != 0:
						if got != reflected {
							t.Errorf("bits %d, kind %d: %#x, want %#x", bits, kind, got, reflected)
						}
					case (got != 0) != (auto == 1 || auto == 3) || got == reflected && got != 0:
						t.Errorf("bits %d, auto %d, kind %d, received %#x: %#x", bits, auto, kind, received, got)
					}
				}
			}
		}
	}
}
