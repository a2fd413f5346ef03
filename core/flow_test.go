package core_test

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"github.com/flowlabel/flowlabel/core"
)

func TestNewTuple(t *testing.T) {
	at := func(s string) netip.AddrPort { return netip.MustParseAddrPort(s) }
	good := at("[2001:db8::1]:1000")
	for _, x := range []struct {
		src, dst netip.AddrPort
		says     string
	}{
		{netip.AddrPort{}, good, "invalid IP"},
		{good, netip.AddrPort{}, "invalid IP"},
		{at("192.0.2.1:1"), good, "192.0.2.1"},
		{good, at("192.0.2.1:1"), "192.0.2.1"},
		{at("[::ffff:192.0.2.1]:1"), good, "::ffff:192.0.2.1"},
		{good, at("[::ffff:192.0.2.1]:1"), "::ffff:192.0.2.1"},
	} {
		tup, err := core.NewTuple(protoUDP, x.src, x.dst)
		if !errors.Is(err, core.ErrTuple) || tup != (core.Tuple{}) || !containsText(err, x.says) {
			t.Errorf("%v > %v: %v, %v, want ErrTuple with %q", x.src, x.dst, tup, err, x.says)
		}
	}
	for _, s := range []string{"[::]:0", "[ff02::1]:5353", "[::192.0.2.1]:1", "[fe80::1%eth0]:1", "[2001:db8::1]:65535"} {
		tup, err := core.NewTuple(protoTCP, at(s), good)
		want := netip.AddrPortFrom(at(s).Addr().WithZone(""), at(s).Port())
		if err != nil || tup.Src() != want || tup.Dst() != good || tup.Protocol() != protoTCP {
			t.Errorf("%s: %v, %v", s, tup, err)
		}
		if back := tup.Reversed(); back.Src() != good || back.Dst() != want || back.Protocol() != protoTCP || back.Reversed() != tup {
			t.Errorf("%v reversed is %v", tup, back)
		}
	}
	tup, _ := core.NewTuple(protoTCP, good, at("[2001:db8::2]:80"))
	if s := tup.String(); s != "6 [2001:db8::1]:1000 > [2001:db8::2]:80" {
		t.Errorf("String: %s", s)
	}
}

func containsText(err error, text string) bool {
	return err != nil && strings.Contains(err.Error(), text)
}

// TestBindRefused has each error of Bind and Unbind, and nothing changed by it.
func TestBindRefused(t *testing.T) {
	b := newRig(t, core.Options{MaxFlows: 3})
	ns := b.space("a")
	s, other, shut := b.socket(ns, 1), b.socket(ns, 2), b.socket(ns, 3)
	must(t, s.Bind(tuple(t, 1)))
	must(t, s.Bind(tuple(t, 2)))
	must(t, shut.Close())
	b.drain()
	bind := func(s core.Socket, port uint16) func() error { return func() error { return s.Bind(tuple(t, port)) } }
	unbind := func(s core.Socket, port uint16) func() error { return func() error { return s.Unbind(tuple(t, port)) } }
	b.refusesAll(t, []refusal{
		{"zero tuple", func() error { return s.Bind(core.Tuple{}) }, core.ErrTuple, "zero"},
		{"bound here", bind(s, 1), core.ErrBound, "[2001:db8::1]:1 > [2001:db8::2]:53"},
		{"bound there", bind(other, 1), core.ErrBound, "[2001:db8::1]:1 >"},
		{"closed", bind(shut, 3), core.ErrClosed, ""},
		{"zero socket", bind(core.Socket{}, 3), core.ErrStale, ""},
		{"not bound", unbind(s, 3), core.ErrNotBound, "[2001:db8::1]:3 >"},
		{"another's", unbind(other, 1), core.ErrNotBound, "[2001:db8::1]:1 >"},
		{"zero tuple unbound", func() error { return s.Unbind(core.Tuple{}) }, core.ErrNotBound, ""},
		{"the other direction", func() error { return s.Unbind(tuple(t, 1).Reversed()) }, core.ErrNotBound, ""},
		{"closed, unbind", unbind(shut, 1), core.ErrClosed, ""},
		{"zero socket, unbind", unbind(core.Socket{}, 1), core.ErrStale, ""},
	}, []*core.Namespace{ns}, s, other)
	must(t, s.Bind(tuple(t, 3)))
	b.refuses(t, refusal{"full", bind(other, 4), core.ErrTableFull, "flows"}, []*core.Namespace{ns}, s, other)
	if got := b.Stats().Refused; got[core.ErrBound] != 2 || got[core.ErrNotBound] != 4 || got[core.ErrTuple] != 1 || got[core.ErrTableFull] != 1 {
		t.Errorf("refusals counted: %v", got)
	}
}

// TestFlowsFull fills the table to its cap exactly, again and again.
func TestFlowsFull(t *testing.T) {
	for _, most := range []int{1, 2, 63, 500} {
		b := newRig(t, core.Options{MaxFlows: most})
		s := b.socket(b.space("a"), 1)
		for range 3 {
			bind := func(i int) error { return s.Bind(tuple(t, uint16(i+1))) }
			if n := full(t, most+1, bind, core.ErrTableFull); n != most {
				t.Fatalf("room for %d flows, want %d", n, most)
			}
			b.counts(most)
			must(t, s.Unbind(tuple(t, 1)))
			b.drain()
			must(t, s.Bind(tuple(t, 9999)))
			must(t, s.Unbind(tuple(t, 9999)))
			for i := 1; i < most; i++ {
				must(t, s.Unbind(tuple(t, uint16(i+1))))
			}
			b.drain()
			b.counts(0)
		}
	}
}

// counts fails the test unless the statistics tell of n flows.
func (b *rig) counts(n int) {
	b.Helper()
	s := b.Stats()
	if s.Flows != n {
		b.Errorf("%d flows by the statistics, want %d", s.Flows, n)
	}
	for _, m := range s.Memory {
		if m.Kind == "flows" && (m.InUse != n || m.Room < n || m.Bytes < int64(24*n)) ||
			m.Kind == "flow buckets" && (m.InUse > m.Room || n > 0 && (m.InUse == 0 || m.Bytes == 0)) {
			b.Errorf("%d flows, and memory %+v", n, m)
		}
	}
}

// TestFlowEnds: a flow ends with its socket, and with its namespace, and its
// tuple is free at once.
func TestFlowEnds(t *testing.T) {
	b := newRig(t, core.Options{})
	r := b.Reader("test")
	defer r.Close()
	owner := func(ns *core.Namespace, port uint16) core.Socket {
		r.Enter()
		defer r.Exit()
		tup := tuple(t, port)
		s, _ := r.Find(ns, &tup)
		return s
	}
	ns, ns2 := b.space("a"), b.space("b")
	s, s2, heir := b.socket(ns, 1), b.socket(ns2, 1), b.socket(ns, 2)
	for port := range uint16(300) {
		must(t, s.Bind(tuple(t, port+1)))
		must(t, s2.Bind(tuple(t, port+1))) // the same flow, elsewhere
	}
	b.counts(600)
	if owner(ns, 7) != s || owner(ns2, 7) != s2 {
		t.Error("the same flow in two namespaces is confused")
	}
	must(t, s.Close())
	if owner(ns, 7) != (core.Socket{}) || owner(ns2, 7) != s2 {
		t.Error("closing a socket did not end its flows, or ended others")
	}
	must(t, heir.Bind(tuple(t, 7)))
	if owner(ns, 7) != heir {
		t.Error("a flow that has ended cannot be bound again")
	}
	b.drain()
	b.counts(301)
	must(t, ns2.Close())
	must(t, heir.Unbind(tuple(t, 7)))
	b.drain()
	b.counts(0)
	must(t, ns.Close())
	b.emptied()
}

// TestEchoFlows: the reply to an echo request is the request's flow reversed.
func TestEchoFlows(t *testing.T) {
	request := tupleWith(t, protoICMPv6, dst1, dst2, 7, 0)
	if tup, v := core.TupleOf(packetOf(request, 0)); tup != request || v != core.Allowed {
		t.Errorf("request: %v, %v", tup, v)
	}
	reply := tupleWith(t, protoICMPv6, dst2, dst1, 0, 7)
	if tup, v := core.TupleOf(packetOf(reply, 0)); tup != reply || tup != request.Reversed() || v != core.Allowed {
		t.Errorf("reply: %v, %v", tup, v)
	}
	b := newRig(t, core.Options{})
	ns := b.space("a")
	s := b.socketWith(ns, core.SocketOptions{Protocol: core.Ping})
	must(t, s.Bind(request))
	r := b.Reader("test")
	defer r.Close()
	r.Enter()
	defer r.Exit()
	if v := r.Receive(ns, packetOf(reply, 9)); v != core.Allowed {
		t.Error(v)
	}
	if label, _ := s.Remote(); label != 9 {
		t.Errorf("label %#x noted", label)
	}
	if v := r.Receive(ns, packetOf(tupleWith(t, protoICMPv6, dst2, dst1, 0, 8), 9)); v != core.Unbound {
		t.Errorf("%v on a reply to somebody else", v)
	}
}
