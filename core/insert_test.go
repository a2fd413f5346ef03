package core_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"github.com/flowlabel/flowlabel/core"
)

// filled returns an extension header of that many bytes, with contents that tell
// it from others.
func filled(size int, with byte) []byte {
	h := bytes.Repeat([]byte{with}, size)
	h[1] = byte(size/8 - 1)
	return h
}

// TestAppend has every combination of headers, byte for byte.
func TestAppend(t *testing.T) {
	hop, dst, routing, last := filled(8, 0xaa), filled(16, 0xbb), filled(24, 0xcc), filled(8, 0xdd)
	link := func(next byte, h []byte) []byte { return append([]byte{next}, h[1:]...) }
	for _, x := range []struct {
		h     core.Extensions
		first byte
		want  []byte
	}{
		{core.Extensions{}, 6, nil},
		{core.Extensions{Headers: core.Headers{HopByHop: hop}}, 0, link(6, hop)},
		{core.Extensions{Headers: core.Headers{Destination: dst}}, 6, nil}, // no stops to read them
		{core.Extensions{Headers: core.Headers{Routing: routing}}, 43, link(6, routing)},
		{core.Extensions{Headers: core.Headers{HopByHop: hop, Destination: dst}}, 0, link(6, hop)},
		{core.Extensions{Headers: core.Headers{Destination: dst, Routing: routing}}, 60, slices.Concat(link(43, dst), link(6, routing))},
		{core.Extensions{Headers: core.Headers{HopByHop: hop, Routing: routing}}, 0, slices.Concat(link(43, hop), link(6, routing))},
		{core.Extensions{Headers: core.Headers{HopByHop: hop, Destination: dst, Routing: routing}}, 0,
			slices.Concat(link(60, hop), link(43, dst), link(6, routing))},
		{core.Extensions{Last: last}, 60, link(6, last)},
		{core.Extensions{Headers: core.Headers{HopByHop: hop}, Last: last}, 0, slices.Concat(link(60, hop), link(6, last))},
		{core.Extensions{Headers: core.Headers{HopByHop: hop, Destination: dst, Routing: routing}, Last: last}, 0,
			slices.Concat(link(60, hop), link(43, dst), link(60, routing), link(6, last))},
	} {
		before := core.Extensions{
			Headers: core.Headers{HopByHop: slices.Clone(x.h.HopByHop), Destination: slices.Clone(x.h.Destination), Routing: slices.Clone(x.h.Routing)},
			Last:    slices.Clone(x.h.Last),
		}
		got, first := x.h.Append([]byte{1, 2, 3}, 6)
		if !bytes.Equal(got, append([]byte{1, 2, 3}, x.want...)) || first != x.first || x.h.WireLen() != len(x.want) {
			t.Errorf("%x:\n%x, first %d, length %d\nwant 010203%x, first %d", x.h, got, first, x.h.WireLen(), x.want, x.first)
		}
		if x.h.Last == nil {
			got, first := x.h.Headers.Append([]byte{1, 2, 3}, 6)
			if !bytes.Equal(got, append([]byte{1, 2, 3}, x.want...)) || first != x.first || x.h.Headers.WireLen() != len(x.want) {
				t.Errorf("%x: %x, first %d", x.h.Headers, got, first)
			}
		}
		if !slices.Equal(x.h.HopByHop, before.HopByHop) || !slices.Equal(x.h.Destination, before.Destination) ||
			!slices.Equal(x.h.Routing, before.Routing) || !slices.Equal(x.h.Last, before.Last) {
			t.Error("the headers themselves have changed")
		}
	}
	var none *core.Headers
	if got, first := none.Append([]byte{9}, 6); !bytes.Equal(got, []byte{9}) || first != 6 || none.WireLen() != 0 || none.Len() != 0 {
		t.Errorf("no headers: %x, first %d", got, first)
	}
}

// TestInsert has a packet before and after, and what is refused.
func TestInsert(t *testing.T) {
	tup := tuple(t, 1000)
	h := &core.Headers{HopByHop: filled(16, 0xaa), Destination: filled(8, 0xbb)}
	packet := packetOf(tup, 7, extDestination, extFirst)
	longer, err := h.Insert(packet)
	if want := packetOf(tup, 7, extension{0, h.HopByHop}, extDestination, extFirst); err != nil || !bytes.Equal(longer, want) {
		t.Fatalf("%v\n%x\nwant\n%x", err, longer, want)
	}
	exact := slices.Clip(append(packetOf(tup, 7), make([]byte, 16)...))
	if longer, err := h.Insert(exact[:60]); err != nil || len(longer) != len(exact) || &longer[0] != &exact[0] {
		t.Errorf("exactly as much room as is needed: %v", err)
	}
	large := func(payload int) []byte {
		p := append(packetOf(tup, 7), make([]byte, 1<<17)...)[:40+payload]
		p[4], p[5] = byte(payload>>8), byte(payload)
		return p
	}
	if longer, err := h.Insert(large(65535 - 16)); err != nil || longer[4] != 0xff || longer[5] != 0xff {
		t.Errorf("the longest packet: %v", err)
	}
	short := packetOf(tup, 7)
	short[5]--
	for name, x := range map[string]struct {
		packet []byte
		want   error
		says   string
	}{
		"no room":        {slices.Clip(packetOf(tup, 7)), core.ErrNoRoom, "capacity 60"},
		"a byte missing": {exact[:60:75], core.ErrNoRoom, "capacity 75"},
		"too long":       {large(65535 - 15), core.ErrNoRoom, "65560"},
		"nothing":        {nil, core.ErrPacket, "0 bytes"},
		"IPv4":           {append([]byte{0x45}, packetOf(tup, 7)[1:]...), core.ErrPacket, "60 bytes"},
		"wrong length":   {short, core.ErrPacket, "payload length 19, 20 bytes"},
		"hop-by-hop":     {packetOf(tup, 7, extHop), core.ErrPacket, "header 0"},
		"routing":        {packetOf(tup, 7, extRouting), core.ErrPacket, "header 43"},
	} {
		whole := x.packet[:cap(x.packet)]
		before := slices.Clone(whole)
		if name == "a byte missing" {
			copy(x.packet, packetOf(tup, 7))
			before = slices.Clone(whole)
		}
		got, err := h.Insert(x.packet)
		if !errors.Is(err, x.want) || !containsText(err, x.says) || !bytes.Equal(whole, before) || len(got) != len(x.packet) {
			t.Errorf("%s: %v, want %v with %q", name, err, x.want, x.says)
		}
	}
	all := core.Extensions{Headers: *h, Last: filled(8, 0xdd)}
	want := packetOf(tup, 7, extension{0, h.HopByHop}, extension{60, all.Last})
	if longer, err := all.Insert(packetOf(tup, 7)); err != nil || !bytes.Equal(longer, want) {
		t.Errorf("with last options: %v\n%x\nwant\n%x", err, longer, want)
	}
	if got, err := (*core.Headers)(nil).Insert(packet); err != nil || !bytes.Equal(got, packet) {
		t.Errorf("no headers: %v", err)
	}
}

// TestMerge has what becomes of a packet's own headers, as seen under Linux, and
// in native mode.
func TestMerge(t *testing.T) {
	own := core.Extensions{Headers: core.Headers{HopByHop: filled(8, 1), Destination: filled(8, 2), Routing: filled(8, 3)}, Last: filled(8, 4)}
	leased := core.Headers{HopByHop: filled(16, 5), Destination: filled(16, 6)}
	kept, bare := own, core.Extensions{Last: own.Last}
	full := core.Extensions{Headers: leased, Last: own.Last}
	const with, without, foreign = core.Label(5), core.Label(6), core.Label(7)
	for _, x := range []struct {
		name          string
		current       core.Label
		how           core.Sending
		native, linux core.Extensions
	}{
		{"no label", 0, core.Sending{}, kept, kept},
		{"asked for none", with, core.Sending{Controlled: true}, kept, kept},
		{"by address", 0, core.Sending{Addressed: true, Address: with}, full, full},
		{"by control message", 0, core.Sending{Controlled: true, Control: with}, full, full},
		{"without headers", 0, core.Sending{Addressed: true, Address: without}, kept, bare},
		{"current", with, core.Sending{}, full, kept},
		{"current, without headers", without, core.Sending{}, kept, kept},
		{"current, looked up", with, core.Sending{LookUp: true}, full, full},
		{"current, without headers, looked up", without, core.Sending{LookUp: true}, kept, bare},
		{"refused", 0, core.Sending{Addressed: true, Address: foreign}, kept, kept},
	} {
		for mode, want := range map[string]core.Extensions{"native": x.native, "Linux": x.linux} {
			rules := core.Rules{}
			if mode == "Linux" {
				rules = linux()
			}
			b := newRig(t, core.Options{Rules: rules})
			s := b.socketWith(b.space("a"), core.SocketOptions{Owner: core.Credentials{Privileges: core.NetRaw}})
			b.get(s, core.Request{Label: with, Dst: dst1, Share: core.Any, Create: true, Headers: &leased})
			b.lease(s, without, core.Any, 0)
			must(t, s.Connect(x.current))
			r := b.Reader("test")
			r.Enter()
			got := r.Merge(r.Send(s, tuple(t, 1), x.how), own)
			r.Exit()
			r.Close()
			if !sameExtensions(got, want) {
				t.Errorf("%s, %s: %x, want %x", x.name, mode, got, want)
			}
		}
	}
}

// TestMergeOfPackets asks what goes with a label that a packet already has: that of
// the lease where the label was looked for, and the packet's own where it was not.
func TestMergeOfPackets(t *testing.T) {
	own := core.Extensions{Headers: core.Headers{HopByHop: filled(8, 1)}, Last: filled(8, 4)}
	const guarded, first = core.Label(7), core.Label(6)
	for _, x := range []struct {
		name     string
		protocol core.Protocol
		guards   bool
		want     core.Extensions
	}{
		{"checked", core.UDP, true, core.Extensions{Last: own.Last}},
		{"of a ping socket", core.Ping, true, own},
		{"where no label is guarded", core.UDP, false, own},
	} {
		b := newRig(t, core.Options{Rules: core.Rules{LeaseReplaces: true}})
		ns, tup := b.space("a"), tuple(t, 1)
		s := b.socketWith(ns, core.SocketOptions{Protocol: x.protocol})
		must(t, s.Bind(tup))
		b.lease(s, first, core.Any, 0)
		if x.guards {
			b.lease(s, guarded, core.User, 0)
		}
		packet := udpPacket(tup, first)
		burst := make([]core.Decision, 1)
		r := b.Reader("test")
		r.Enter()
		r.LabelBurst(ns, [][]byte{packet}, burst)
		for _, d := range append(burst, r.Label(ns, packet)) {
			if got := r.Merge(d, own); d.Verdict != core.Allowed || !sameExtensions(got, x.want) {
				t.Errorf("%s: %v, %x, want %x", x.name, d.Verdict, got, x.want)
			}
		}
		r.Exit()
		r.Close()
	}
}

func sameExtensions(a, b core.Extensions) bool {
	return bytes.Equal(a.HopByHop, b.HopByHop) && bytes.Equal(a.Destination, b.Destination) &&
		bytes.Equal(a.Routing, b.Routing) && bytes.Equal(a.Last, b.Last)
}
