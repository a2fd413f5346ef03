package plain_test

import (
	"bytes"
	"testing"

	"github.com/flowlabel/flowlabel/perf/pkt"
	"github.com/flowlabel/flowlabel/perf/plain"
)

// udp returns a packet of a flow from a port, with a label.
func udp(port byte, label uint32) []byte {
	p := make([]byte, 48)
	p[0], p[1], p[5], p[6], p[23], p[39] = 0x6a, 0xb0, 8, pkt.UDP, 1, 2
	p[41], p[43] = port, 9
	pkt.SetLabel(p, label)
	return p
}

func keyOf(t *testing.T, p []byte) pkt.Key {
	t.Helper()
	k, form := pkt.Read(p)
	if form != pkt.Told {
		t.Fatalf("form %v", form)
	}
	return k
}

// bound returns a namespace with a socket 1 that has the flow of udp(1, 0).
func bound(t *testing.T, s plain.Settings, k plain.Kind) *plain.Namespace {
	t.Helper()
	n := plain.New(s)
	n.Open(1, k)
	if err := n.Bind(1, keyOf(t, udp(1, 0))); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestJudge(t *testing.T) {
	n := bound(t, plain.Settings{Guarded: true}, plain.Other)
	expect := func(p []byte, want plain.Verdict, label uint32, headers int) {
		t.Helper()
		if o := n.Judge(p); o.Verdict != want || o.Label != label || o.Headers.Len() != headers || o.Automatic {
			t.Errorf("%+v; want %v, label %d, %d bytes of headers", o, want, label, headers)
		}
	}
	expect(udp(1, 0), plain.Allowed, 0, 0)
	expect(udp(1, 5), plain.Refused, 5, 0)
	expect(udp(2, 0), plain.Unbound, 0, 0)
	expect(udp(1, 0)[:47], plain.Malformed, 0, 0)
	later := append(udp(1, 0), make([]byte, 8)...)
	later[5], later[6], later[40], later[43] = 16, pkt.Fragment, pkt.UDP, 8
	expect(later, plain.NoPorts, 0, 0)
	for label, terms := range map[uint32]plain.Terms{5: shared, 6: headed} {
		if err := n.Take(1, label, terms, 0); err != nil {
			t.Fatal(err)
		}
	}
	expect(udp(1, 5), plain.Allowed, 5, 0)
	expect(udp(1, 6), plain.AllowedWithHeaders, 6, 8)
	if n.Connect(1, 7) || !n.Connect(1, 6) {
		t.Error("connected with a label that it does not hold, or not with one that it does")
	}
	expect(udp(1, 0), plain.AllowedWithHeaders, 6, 8)
	n.Drop(1, 6, 0)
	expect(udp(1, 0), plain.Allowed, 0, 0)
	n.Close(1, 0)
	expect(udp(1, 5), plain.Unbound, 0, 0)
}

// In an open namespace any label may be sent, and on a ping socket in any.
func TestJudgeUnchecked(t *testing.T) {
	for _, n := range []*plain.Namespace{
		bound(t, plain.Settings{}, plain.Other),
		bound(t, plain.Settings{Guarded: true}, plain.Ping),
	} {
		if o := n.Judge(udp(1, 5)); o.Verdict != plain.Allowed || o.Label != 5 || !o.Found || o.Socket != 1 {
			t.Errorf("%+v", o)
		}
	}
}

func TestAutomatic(t *testing.T) {
	for _, c := range []struct {
		mode   uint8
		choice plain.Choice
		want   bool
	}{
		{0, plain.On, false},
		{1, plain.Default, true}, {1, plain.Off, false}, {1, plain.On, true},
		{2, plain.Default, false}, {2, plain.Off, false}, {2, plain.On, true},
		{3, plain.Off, true},
	} {
		for low, ranges := range map[uint32]bool{1: false, 1 << 19: true} {
			n := bound(t, plain.Settings{Auto: c.mode, StateRanges: ranges}, plain.Other)
			n.Choose(1, c.choice)
			if o := n.Judge(udp(1, 0)); o.Automatic != c.want || c.want && o.Low != low || o.Verdict != plain.Allowed {
				t.Errorf("%+v, ranges %v: %+v", c, ranges, o)
			}
		}
	}
}

func TestReflect(t *testing.T) {
	n := bound(t, plain.Settings{Reflect: true}, plain.Other)
	if n.Reflects(1) || n.Reflect(1, true) {
		t.Error("reflects without TCP")
	}
	n = bound(t, plain.Settings{Reflect: true}, plain.TCP)
	expect := func(label, current uint32) {
		t.Helper()
		answer := udp(1, label)
		pkt.Reverse(answer)
		o := n.Receive(answer)
		if o.Verdict != plain.Allowed || o.Socket != 1 || o.Label != label {
			t.Errorf("received: %+v", o)
		}
		n.Hear(o.Socket, o.Label)
		if c, remote := n.Labels(1); c != current || remote != label {
			t.Errorf("current label %d, received %d, want %d, %d", c, remote, current, label)
		}
		if o := n.Judge(udp(1, 0)); o.Label != current {
			t.Errorf("%+v", o)
		}
	}
	expect(7, 7)
	if !n.Reflect(1, false) || n.Reflect(1, false) {
		t.Error("ended reflecting never, or twice")
	}
	expect(8, 0)
	if !n.Reflect(1, true) {
		t.Error("does not reflect")
	}
	expect(9, 9)
	if o := n.Receive(udp(1, 0)); o.Verdict != plain.Unbound {
		t.Errorf("received in the wrong direction: %+v", o)
	}
}

// What is heard for a closed socket is nobody's.
func TestHearClosed(t *testing.T) {
	n := plain.New(plain.Settings{})
	n.Hear(1, 7)
	if current, remote := n.Labels(1); current != 0 || remote != 0 {
		t.Errorf("current label %d, received %d", current, remote)
	}
	n.Open(1, plain.TCP)
	if _, remote := n.Labels(1); remote != 0 {
		t.Errorf("received %d before it was opened", remote)
	}
}

func TestBind(t *testing.T) {
	n := bound(t, plain.Settings{}, plain.Other)
	n.Open(2, plain.Other)
	k := keyOf(t, udp(1, 0))
	if n.Bind(1, k) == nil || n.Bind(2, k) == nil || n.Unbind(2, k) {
		t.Error("a flow of two sockets")
	}
	if !n.Unbind(1, k) || n.Unbind(1, k) {
		t.Error("not unbound once")
	}
	if err := n.Bind(2, k); err != nil {
		t.Error(err)
	}
	n.Close(2, 0)
	if n.Bind(2, k) == nil {
		t.Error("bound to a closed socket")
	}
	if err := n.Bind(1, k); err != nil {
		t.Errorf("the flow of a closed socket: %v", err)
	}
}

func TestRewrite(t *testing.T) {
	routed := plain.Headers{
		HopByHop:    padding,
		Destination: padding,
		Routing:     "\x00\x02\x04\x00\x00\x00\x00\x00" + "0123456789abcdef",
	}
	options := plain.Headers{HopByHop: padding, Destination: padding}
	own := udp(1, 3)
	own[6] = pkt.HopByHop
	longer := append(udp(1, 3), 0)
	for name, c := range map[string]struct {
		verdict  plain.Verdict
		headers  plain.Headers
		packet   []byte
		label    uint32
		inserted string // beside the label
	}{
		"refused":             {plain.Refused, plain.Headers{}, udp(1, 3), 3, ""},
		"allowed":             {plain.Allowed, plain.Headers{}, udp(1, 3), 0xfedcb, ""},
		"options":             {plain.AllowedWithHeaders, options, udp(1, 3), 0xfedcb, "\x11" + padding[1:]},
		"all":                 {plain.AllowedWithHeaders, routed, udp(1, 3), 0xfedcb, "\x3c" + padding[1:] + "\x2b" + padding[1:] + "\x11" + routed.Routing[1:]},
		"its own options":     {plain.AllowedWithHeaders, options, own, 0xfedcb, ""},
		"longer than it says": {plain.AllowedWithHeaders, options, longer, 0xfedcb, ""},
	} {
		want := bytes.Clone(c.packet)
		pkt.SetLabel(want, c.label)
		if n := len(c.inserted); n > 0 {
			want = append(append(bytes.Clone(want[:40]), c.inserted...), want[40:]...)
			want[5], want[6] = byte(8+n), pkt.HopByHop
		}
		o := plain.Outcome{Verdict: c.verdict, Headers: c.headers}
		got, inserted := o.Rewrite([]byte("before"), c.packet, 0xfedcb)
		if !bytes.Equal(got, append([]byte("before"), want...)) || inserted != (c.inserted != "") {
			t.Errorf("%s: %x, inserted: %v; want %x", name, got, inserted, want)
		}
	}
}
