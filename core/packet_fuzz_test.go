package core_test

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"

	"github.com/flowlabel/flowlabel/core"
)

// fuzzSeeds adds the odd packets, and some of them cut off at every length.
func fuzzSeeds(f *testing.F, add func(packet []byte)) {
	odd := oddPackets(f)
	for _, name := range sortedKeys(odd) {
		add(odd[name])
	}
	for _, name := range []string{"many", "echo request", "UDP"} {
		for n := range odd[name] {
			cut := slices.Clone(odd[name][:n])
			add(cut)
			if n >= 40 { // and with the length that it has
				cut = slices.Clone(cut)
				binary.BigEndian.PutUint16(cut[4:], uint16(n-40))
				add(cut)
			}
		}
	}
}

// FuzzParse holds the parser against the plain one.
func FuzzParse(f *testing.F) {
	fuzzSeeds(f, func(packet []byte) { f.Add(packet) })
	f.Fuzz(func(t *testing.T, packet []byte) {
		before := slices.Clone(packet)
		tup, v := core.TupleOf(packet)
		want, verdict := plainParse(packet, 0)
		if v.String() != verdict || v == core.Allowed && plainOf(0, tup) != want {
			t.Errorf("%v, %v, want %v, %+v", v, tup, verdict, want)
		}
		if v == core.Allowed && (tup == core.Tuple{} || tup.Reversed().Reversed() != tup) {
			t.Errorf("tuple %v", tup)
		}
		if !bytes.Equal(packet, before) {
			t.Error("a packet was written to")
		}
	})
}

// labelFuzz is what FuzzLabel puts packets to: a namespace that guards its
// labels, with one socket that holds label 5 and has current label 6, and one
// that holds none.
type labelFuzz struct {
	*rig
	ns      *core.Namespace
	sockets [2]core.Socket
	r       *core.Reader
}

func newLabelFuzz(f *testing.F) *labelFuzz {
	x := &labelFuzz{rig: newRig(f, core.Options{})}
	x.ns = x.space("a")
	for i := range x.sockets {
		x.sockets[i] = x.socketWith(x.ns, core.SocketOptions{Owner: core.Credentials{Privileges: core.NetRaw}})
	}
	for _, label := range []core.Label{5, 6} {
		x.get(x.sockets[0], core.Request{
			Label: label, Dst: dst1, Share: core.Exclusive, Create: true, Headers: &core.Headers{HopByHop: extHop.bytes},
		})
	}
	if err := x.sockets[0].Connect(6); err != nil {
		f.Fatal(err)
	}
	x.r = x.Reader("fuzz")
	f.Cleanup(x.r.Close)
	return x
}

// decide labels copies of a packet, alone and in a burst, and returns the
// decision and the packet as it is then.
func (x *labelFuzz) decide(t *testing.T, packet []byte, length int) (core.Decision, []byte) {
	const around = 16
	bed := func() []byte {
		b := bytes.Repeat([]byte{0xa5}, len(packet)+2*around)
		copy(b[around:], packet)
		return b
	}
	beds, burst := make([][]byte, length), make([][]byte, length)
	for i := range burst {
		beds[i] = bed()
		burst[i] = beds[i][around : around+len(packet)]
	}
	out := make([]core.Decision, length)
	alone := bed()
	x.r.Enter()
	d := x.r.Label(x.ns, alone[around:around+len(packet)])
	x.r.LabelBurst(x.ns, burst, out)
	x.r.Exit()
	for i := range burst {
		if out[i] != d || !bytes.Equal(beds[i], alone) {
			t.Errorf("packet %d of %d: %+v, alone %+v\n%x\n%x", i, length, out[i], d, beds[i], alone)
		}
	}
	after := alone[around : around+len(packet)]
	beside := append(slices.Clone(alone[:around]), alone[around+len(packet):]...)
	if !bytes.Equal(beside, bytes.Repeat([]byte{0xa5}, 2*around)) {
		t.Error("bytes beside the packet were written to")
	}
	return d, after
}

// FuzzLabel puts any bytes through the packet path: nothing is written but the
// 20 bits of the label, and that only where the verdict allows the packet.
func FuzzLabel(f *testing.F) {
	n := byte(0)
	fuzzSeeds(f, func(packet []byte) { n++; f.Add(packet, n, n) })
	x := newLabelFuzz(f)
	f.Fuzz(func(t *testing.T, packet []byte, who, length byte) {
		if tup, v := core.TupleOf(packet); v == core.Allowed && who%3 < 2 {
			s := x.sockets[who%3]
			must(t, s.Bind(tup))
			defer func() { must(t, s.Unbind(tup)); x.Advance(0) }()
		}
		d, after := x.decide(t, packet, int(length%70))
		if d.Err() != nil {
			if !bytes.Equal(after, packet) {
				t.Errorf("%v, and yet the packet was written to", d.Err())
			}
			return
		}
		was, is := binary.BigEndian.Uint32(packet), binary.BigEndian.Uint32(after)
		if core.Label(is)&core.MaxLabel != d.Label || is>>20 != was>>20 || !bytes.Equal(after[4:], packet[4:]) {
			t.Errorf("label %#x:\n%x\n%x", d.Label, packet, after)
		}
		if asked := core.Label(was) & core.MaxLabel; asked != 0 && (asked != d.Label || who%3 == 1) {
			t.Errorf("label %#x was asked for and %#x given, to socket %d", asked, d.Label, who%3)
		}
	})
}

// inserted is what Insert must make of a packet: each header names the next.
func inserted(packet []byte, parts []extension) []byte {
	p := slices.Clone(packet[:40])
	link, last := 6, packet[6]
	for _, x := range parts {
		if len(x.bytes) == 0 {
			continue
		}
		p[link] = x.number
		link = len(p)
		p = append(p, x.bytes...)
	}
	p[link] = last
	p = append(p, packet[40:]...)
	binary.BigEndian.PutUint16(p[4:], uint16(len(p)-40))
	return p
}

// FuzzInsert inserts headers into any bytes: the packet is the same flow's
// afterwards, with the same upper layer; or nothing has changed.
func FuzzInsert(f *testing.F) {
	n := byte(0)
	fuzzSeeds(f, func(packet []byte) { n++; f.Add(packet, n%4, n%3, n%2, uint16(n)) })
	f.Fuzz(func(t *testing.T, packet []byte, hop, dst, routing byte, room uint16) {
		options := func(units byte) []byte {
			if units == 0 {
				return nil
			}
			return header(8*int(units), int(units)-1)
		}
		h := &core.Headers{HopByHop: options(hop), Destination: options(dst), Routing: options(routing)}
		buffer := make([]byte, len(packet)+int(room))
		copy(buffer, packet)
		before := slices.Clone(buffer)
		longer, err := h.Insert(buffer[:len(packet)])
		if err != nil {
			if !bytes.Equal(buffer, before) || len(longer) != len(packet) {
				t.Errorf("%v, and yet something changed", err)
			}
			return
		}
		parts := []extension{{0, h.HopByHop}, {60, h.Destination}, {43, h.Routing}}
		if routing == 0 {
			parts[1].bytes = nil
		}
		if len(longer) != len(packet)+h.WireLen() {
			t.Fatalf("%d bytes, %d of headers into %d", len(longer), h.WireLen(), len(packet))
		}
		if h.WireLen() == 0 {
			return
		}
		if &longer[0] != &buffer[0] {
			t.Error("the packet is somewhere else")
		}
		if want := inserted(packet, parts); !bytes.Equal(longer, want) {
			t.Errorf("\n%x\nwant\n%x", longer, want)
		}
		if !bytes.Equal(buffer[len(longer):], before[len(longer):]) {
			t.Error("bytes behind the packet were written to")
		}
		sameFlow(t, packet, longer)
	})
}

// sameFlow fails the test unless a packet has kept its flow and its upper layer.
func sameFlow(t *testing.T, packet, longer []byte) {
	t.Helper()
	protocol, upper, walked, verdict := plainWalk(packet)
	protocol2, upper2, walked2, verdict2 := plainWalk(longer)
	if verdict == "allowed" && walked > 8-3 || verdict == "malformed" {
		return // more extension headers may be too many
	}
	if protocol != protocol2 || !bytes.Equal(upper, upper2) || walked2 <= walked || verdict != verdict2 {
		t.Errorf("protocol %d, %s, after %d headers: %x\nwas %d, %s, %d: %x", protocol2, verdict2, walked2, upper2, protocol, verdict, walked, upper)
	}
	tup, v := core.TupleOf(packet)
	if tup2, v2 := core.TupleOf(longer); v2 != v || v == core.Allowed && tup != tup2 {
		t.Errorf("%v, %v, was %v, %v", tup2, v2, tup, v)
	}
}
