package core_test

import (
	"bytes"
	"math"
	"net/netip"
	"testing"
	"time"

	"github.com/flowlabel/flowlabel/core"
)

// header returns an extension header of the given number of bytes, whose length
// byte says units.
func header(size, units int) []byte {
	h := make([]byte, size)
	if size > 1 {
		h[1] = byte(units)
	}
	return h
}

// requests are bad requests for Get, in the order in which the fields are looked
// at. They are meant for a namespace that keeps the ranges apart and a socket
// without privileges.
func requests() []struct {
	name string
	bad  func(*core.Request)
	want error
	says string
} {
	longest := tick << 30
	raw := &core.Credentials{Privileges: core.NetRaw}
	admin := &core.Credentials{Privileges: core.Admin}
	return []struct {
		name string
		bad  func(*core.Request)
		want error
		says string
	}{
		{"label", func(r *core.Request) { r.Label = core.MaxLabel + 1 }, core.ErrLabel, "0x100000"},
		{"label, all bits", func(r *core.Request) { r.Label = math.MaxUint32 }, core.ErrLabel, "0xffffffff"},
		{"stateless", func(r *core.Request) { r.Label = core.StatelessBit }, core.ErrStateless, "0x80000"},
		{"stateless, last", func(r *core.Request) { r.Label = core.MaxLabel }, core.ErrStateless, "0xfffff"},
		{"hop-by-hop denied", func(r *core.Request) { r.Headers = &core.Headers{HopByHop: header(8, 0)} }, core.ErrHeadersDenied, "hop-by-hop"},
		{"destination denied", func(r *core.Request) { r.Headers = &core.Headers{Destination: header(8, 0)} }, core.ErrHeadersDenied, "destination"},
		{"headers short", func(r *core.Request) { r.Headers, r.By = &core.Headers{HopByHop: header(1, 0)}, raw }, core.ErrHeaders, "hop-by-hop, 1 bytes"},
		{"headers not whole", func(r *core.Request) { r.Headers = &core.Headers{Routing: header(9, 0)} }, core.ErrHeaders, "routing, 9 bytes"},
		{"headers longer than they say", func(r *core.Request) { r.Headers, r.By = &core.Headers{Destination: header(16, 0)}, raw }, core.ErrHeaders, "destination, 16 bytes"},
		{"headers shorter than they say", func(r *core.Request) { r.Headers = &core.Headers{Routing: header(16, 2)} }, core.ErrHeaders, "routing, 16 bytes"},
		{"headers beyond any length", func(r *core.Request) { r.Headers = &core.Headers{Routing: header(2056, 0)} }, core.ErrHeaders, "routing, 2056 bytes"},
		{"linger negative", func(r *core.Request) { r.Linger = -1 }, core.ErrLinger, "-1ns"},
		{"linger beyond the wheel", func(r *core.Request) { r.Linger = longest + 1 }, core.ErrLinger, (longest + 1).String()},
		{"linger beyond the wheel, admin", func(r *core.Request) { r.Linger, r.By = longest+1, admin }, core.ErrLinger, (longest + 1).String()},
		{"expires negative", func(r *core.Request) { r.Expires = math.MinInt64 }, core.ErrExpires, time.Duration(math.MinInt64).String()},
		{"expires beyond the wheel", func(r *core.Request) { r.Expires, r.By = math.MaxInt64, admin }, core.ErrExpires, forever.String()},
		{"no destination", func(r *core.Request) { r.Dst = netip.Addr{} }, core.ErrDestination, "invalid IP"},
		{"destination unspecified", func(r *core.Request) { r.Dst = netip.IPv6Unspecified() }, core.ErrDestination, "::"},
		{"destination unspecified, zone", func(r *core.Request) { r.Dst = netip.MustParseAddr("::%eth0") }, core.ErrDestination, "::%eth0"},
		{"destination IPv4", func(r *core.Request) { r.Dst = netip.MustParseAddr("192.0.2.1") }, core.ErrDestination, "192.0.2.1"},
		{"destination IPv4-mapped", func(r *core.Request) { r.Dst = netip.MustParseAddr("::ffff:192.0.2.1") }, core.ErrDestination, "::ffff:192.0.2.1"},
		{"share none", func(r *core.Request) { r.Share = core.None }, core.ErrShare, "0"},
		{"share 4", func(r *core.Request) { r.Share = 4 }, core.ErrShare, "4"},
		{"share 254", func(r *core.Request) { r.Share = 254 }, core.ErrShare, "254"},
	}
}

// stated returns a namespace that keeps the ranges apart, with a lease in it.
func stated(b *rig) (*core.Namespace, core.Socket) {
	ns, err := b.Namespace("a", core.NamespaceOptions{Settings: &core.Settings{StateRanges: true, Consistency: true}})
	if err != nil {
		b.Fatal(err)
	}
	s := b.socket(ns, 1)
	b.lease(s, 7, core.User, time.Second)
	return ns, s
}

func TestRequestFields(t *testing.T) {
	b := newRig(t, core.Options{})
	ns, s := stated(b)
	var all []refusal
	for _, x := range requests() {
		req := core.Request{Label: 9, Dst: dst1, Share: core.Any, Create: true}
		x.bad(&req)
		all = append(all, refusal{x.name, getting(s, req), x.want, x.says})
	}
	b.refusesAll(t, all, []*core.Namespace{ns}, s)
	b.counted(t, all)
}

// TestRequestOrder makes a request that is wrong in every field, and mends it
// field by field: the errors come in the order that Get documents.
func TestRequestOrder(t *testing.T) {
	b := newRig(t, core.Options{})
	ns, s := stated(b)
	req := core.Request{
		Label: core.MaxLabel + 1, Linger: -1, Expires: -1, Share: core.None, Fresh: true,
		Headers: &core.Headers{HopByHop: header(9, 0)},
	}
	for _, x := range []struct {
		want error
		mend func()
	}{
		{core.ErrLabel, func() { req.Label = core.StatelessBit }},
		{core.ErrStateless, func() { req.Label = 7 }},
		{core.ErrHeadersDenied, func() { req.By = &core.Credentials{Process: 2, User: 2, Privileges: core.NetRaw} }},
		{core.ErrHeaders, func() { req.Headers = nil }},
		{core.ErrLinger, func() { req.Linger = 0 }},
		{core.ErrExpires, func() { req.Expires = 0 }},
		{core.ErrDestination, func() { req.Dst = dst1 }},
		{core.ErrShare, func() { req.Share = core.User }},
		{core.ErrExists, func() { req.Fresh = false }},
		{core.ErrNotShared, func() { req.Label = 8 }},
		{core.ErrNotFound, func() { req.Create = true }},
	} {
		b.refuses(t, refusal{call: getting(s, req), want: x.want}, []*core.Namespace{ns}, s)
		x.mend()
	}
	b.get(s, req)
}

// TestSharing asks for leases that are not to be had.
func TestSharing(t *testing.T) {
	b := newRig(t, core.Options{})
	ns := b.space("a")
	s1, s2 := b.socket(ns, 1), b.socket(ns, 2)
	for label, share := range map[core.Label]core.Share{1: core.Exclusive, 2: core.Process, 3: core.User, 4: core.Any, 5: core.Any} {
		b.lease(s1, label, share, time.Second)
	}
	b.put(s1, 5)
	want := func(label core.Label, share core.Share, create, fresh bool) core.Request {
		return core.Request{Label: label, Dst: dst1, Share: share, Create: create, Fresh: fresh}
	}
	all := []refusal{
		{"fresh", getting(s2, want(4, core.Any, true, true)), core.ErrExists, "0x4"},
		{"fresh without create", getting(s2, want(4, core.Any, false, true)), core.ErrExists, "0x4"},
		{"fresh, own", getting(s1, want(1, core.Exclusive, true, true)), core.ErrExists, "0x1"},
		{"fresh, lingering", getting(s1, want(5, core.Any, true, true)), core.ErrExists, "0x5"},
		{"exclusive", getting(s2, want(1, core.Exclusive, true, false)), core.ErrNotShared, "0x1, mode exclusive"},
		{"exclusive, own", getting(s1, want(1, core.Exclusive, false, false)), core.ErrNotShared, "0x1, mode exclusive"},
		{"another process", getting(s2, want(2, core.Process, false, false)), core.ErrNotShared, "0x2, mode process"},
		{"another user", getting(s2, want(3, core.User, false, false)), core.ErrNotShared, "0x3, mode user"},
		{"another mode", getting(s1, want(3, core.Process, false, false)), core.ErrNotShared, "0x3, mode user"},
		{"another mode, any", getting(s2, want(4, core.User, false, false)), core.ErrNotShared, "0x4, mode any"},
		{"nothing", getting(s1, want(6, core.Any, false, false)), core.ErrNotFound, "0x6"},
		{"lingering", getting(s1, want(5, core.Any, false, false)), core.ErrNotFound, "0x5"},
		{"random without create", getting(s1, want(0, core.Any, false, false)), core.ErrNotFound, "0"},
		{"put", func() error { return s2.Put(4) }, core.ErrNotHeld, "0x4"},
		{"put nothing", func() error { return s1.Put(0) }, core.ErrNotHeld, "0x0"},
		{"put beyond labels", func() error { return s1.Put(1<<20 | 4) }, core.ErrNotHeld, "0x100004"},
		{"put a lingering one", func() error { return s1.Put(5) }, core.ErrNotHeld, "0x5"},
		{"renew", func() error { return s2.Renew(core.Request{Label: 4}) }, core.ErrNotHeld, "0x4"},
		{"renew beyond labels", func() error { return s1.Renew(core.Request{Label: 1<<20 | 4}) }, core.ErrNotHeld, "0x100004"},
		{"renew linger", func() error { return s1.Renew(core.Request{Label: 4, Linger: -2}) }, core.ErrLinger, "-2ns"},
		{"renew expires", func() error { return s1.Renew(core.Request{Label: 4, Expires: -3}) }, core.ErrExpires, "-3ns"},
		{"connect", func() error { return s2.Connect(4) }, core.ErrRefused, "0x4"},
		{"reflect", s1.Reflect, core.ErrConsistency, `namespace "a"`},
		{"stop reflecting", s1.StopReflecting, core.ErrNotHeld, "not reflecting"},
		{"query", func() error { _, err := s1.Query(); return err }, core.ErrNotFound, "0x0"},
	}
	b.refusesAll(t, all, []*core.Namespace{ns}, s1, s2)
	b.counted(t, all)
}

// TestConnectKeeps sees that a refused Connect keeps the current label, and that
// a bad one does.
func TestConnectKeeps(t *testing.T) {
	b := newRig(t, core.Options{})
	ns := b.space("a")
	s1, s2 := b.socket(ns, 1), b.socket(ns, 2)
	b.lease(s1, 3, core.Exclusive, time.Second)
	if err := s1.Connect(3); err != nil {
		t.Fatal(err)
	}
	all := []refusal{
		{"refused", func() error { return s1.Connect(4) }, core.ErrRefused, "0x4"},
		{"refused to another", func() error { return s2.Connect(3) }, core.ErrRefused, "0x3"},
		{"out of range", func() error { return s1.Connect(1 << 20) }, core.ErrLabel, "0x100000"},
	}
	b.refusesAll(t, all, []*core.Namespace{ns}, s1, s2)
	if l, err := s1.Query(); err != nil || l.Label != 3 {
		t.Errorf("Query: %v %v, want the lease of label 3", l, err)
	}
	if err := s1.Connect(0); err != nil {
		t.Error(err)
	}
	if label, _, _ := s1.Current(); label != 0 {
		t.Errorf("current label %#x after a connect without one", label)
	}
}

// TestPutForgets: a Put of the current label leaves the socket without one, even
// if it holds the label once more. Others keep it.
func TestPutForgets(t *testing.T) {
	b := newRig(t, core.Options{})
	s := b.socket(b.space("a"), 1)
	for _, label := range []core.Label{1, 1, 2} {
		b.lease(s, label, core.Any, 0)
	}
	if err := s.Connect(1); err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct{ put, current core.Label }{{2, 1}, {1, 0}} {
		b.put(s, x.put)
		if label, _, _ := s.Current(); label != x.current {
			t.Errorf("current label %#x after Put(%#x), want %#x", label, x.put, x.current)
		}
	}
}

func TestProtocol(t *testing.T) {
	b := newRig(t, core.Options{})
	ns, err := b.Namespace("a", core.NamespaceOptions{Settings: &core.Settings{}})
	if err != nil {
		t.Fatal(err)
	}
	for p, says := range map[core.Protocol]string{core.Other: "other", core.UDP: "UDP", core.Raw: "raw", core.Ping: "ping"} {
		s := b.socketWith(ns, core.SocketOptions{Protocol: p})
		b.refusesAll(t, []refusal{
			{"reflect", s.Reflect, core.ErrProtocol, says},
			{"stop", s.StopReflecting, core.ErrProtocol, says},
		}, []*core.Namespace{ns}, s)
	}
	s := b.socket(ns, 1)
	if err := s.Reflect(); err != nil {
		t.Fatal(err)
	}
	if _, reflects, _ := s.Current(); !reflects {
		t.Error("a socket does not reflect after Reflect")
	}
	if err := s.StopReflecting(); err != nil {
		t.Error(err)
	}
	b.refuses(t, refusal{call: s.StopReflecting, want: core.ErrNotHeld}, []*core.Namespace{ns}, s)
}

// TestHeadersKept sees that the engine keeps a copy of the headers.
func TestHeadersKept(t *testing.T) {
	b := newRig(t, core.Options{})
	ns := b.space("a")
	s := b.socketWith(ns, core.SocketOptions{Owner: core.Credentials{Privileges: core.NetRaw}})
	given := core.Headers{HopByHop: header(8, 0), Destination: header(16, 1), Routing: header(2048, 255)}
	req := core.Request{Label: 1, Dst: dst1, Share: core.Any, Create: true, Headers: &given}
	b.get(s, req)
	given.HopByHop[7] = 1
	r := b.Reader("test")
	defer r.Close()
	r.Enter()
	defer r.Exit()
	kept := r.Headers(s, 1)
	if kept == nil || kept.Len() != 8+16+2048 || !bytes.Equal(kept.HopByHop, header(8, 0)) {
		t.Errorf("headers kept: %+v", kept)
	}
	if l, _ := find(ns, 1); l.HeaderBytes != 8+16+2048 {
		t.Errorf("the listing says %d bytes", l.HeaderBytes)
	}
}
