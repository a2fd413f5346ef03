package main

import (
	"bytes"
	"net/netip"
	"testing"

	"github.com/flowlabel/flowlabel/core"
	"github.com/flowlabel/flowlabel/perf/capture"
	"github.com/flowlabel/flowlabel/perf/pkt"
)

// FuzzParsers compares how the engine and the model read a packet.
func FuzzParsers(f *testing.F) {
	c, err := capture.Read(bytes.NewReader(builtIn))
	if err != nil {
		f.Fatal(err)
	}
	for i := range c.Flows {
		f.Add(c.Flows[i].Packets[0])
	}
	forms := map[core.Verdict]pkt.Form{core.Allowed: pkt.Told, core.Malformed: pkt.Damaged, core.NoPorts: pkt.Later}
	f.Fuzz(func(t *testing.T, p []byte) {
		tuple, v := core.TupleOf(p)
		key, form := pkt.Read(p)
		if got, known := forms[v]; !known || got != form {
			t.Fatalf("the engine says %v, the model %v", v, form)
		}
		if form != pkt.Told {
			return
		}
		got := pkt.Key{
			Src: tuple.Src().Addr().As16(), SrcPort: tuple.Src().Port(),
			Dst: tuple.Dst().Addr().As16(), DstPort: tuple.Dst().Port(),
			Protocol: tuple.Protocol(),
		}
		if got != key {
			t.Fatalf("the engine reads %v, the model %v", tuple, key)
		}
		made, err := core.NewTuple(key.Protocol,
			netip.AddrPortFrom(netip.AddrFrom16(key.Src), key.SrcPort),
			netip.AddrPortFrom(netip.AddrFrom16(key.Dst), key.DstPort))
		if err == nil && made != tuple {
			t.Fatalf("read %v, made %v", tuple, made)
		}
	})
}
