package core_test

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"testing"
	"time"

	"github.com/flowlabel/flowlabel/core"
)

// udpPacket returns a packet of t with a label and some payload.
func udpPacket(t core.Tuple, label core.Label) []byte {
	p := make([]byte, 60)
	binary.BigEndian.PutUint32(p, 6<<28|0xab<<20|uint32(label))
	binary.BigEndian.PutUint16(p[4:], uint16(len(p)-40))
	p[6], p[7] = t.Protocol(), 64
	src, dst := t.Src(), t.Dst()
	copy(p[8:], src.Addr().AsSlice())
	copy(p[24:], dst.Addr().AsSlice())
	binary.BigEndian.PutUint16(p[40:], src.Port())
	binary.BigEndian.PutUint16(p[42:], dst.Port())
	return p
}

func tuple(t testing.TB, port uint16) core.Tuple {
	t.Helper()
	tup, err := core.NewTuple(17, netip.AddrPortFrom(dst1, port), netip.AddrPortFrom(dst2, 53))
	if err != nil {
		t.Fatal(err)
	}
	return tup
}

// TestLabel takes one packet through what can become of it.
func TestLabel(t *testing.T) {
	b := newRig(t, core.Options{})
	ns := b.space("a")
	s := b.socket(ns, 1)
	tup := tuple(t, 1000)
	if got, v := core.TupleOf(udpPacket(tup, 5)); got != tup || v != core.Allowed {
		t.Fatalf("%v, %v", got, v)
	}
	r := b.Reader("test")
	defer r.Close()
	label := func(asked core.Label) (core.Decision, []byte) {
		p := udpPacket(tup, asked)
		r.Enter()
		defer r.Exit()
		return r.Label(ns, p), p
	}
	if d, _ := label(0); d.Verdict != core.Unbound {
		t.Fatal(d)
	}
	must(t, s.Bind(tup))
	auto, p := label(0)
	if auto.Label == 0 || auto.Verdict != core.Allowed || !bytes.Equal(p, udpPacket(tup, auto.Label)) {
		t.Fatalf("%+v, %x", auto, p)
	}
	b.lease(s, 7, core.Exclusive, time.Second)
	if d, p := label(8); d.Verdict != core.Refused || !bytes.Equal(p, udpPacket(tup, 8)) {
		t.Fatalf("%+v, %x", d, p)
	}
	must(t, s.Connect(7))
	if d, p := label(0); d.Verdict != core.Allowed || !bytes.Equal(p, udpPacket(tup, 7)) {
		t.Fatalf("%+v, %x", d, p)
	}
	must(t, s.Close())
	if d, _ := label(0); d.Verdict != core.Unbound {
		t.Fatal(d)
	}
}
