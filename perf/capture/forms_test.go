package capture_test

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/gopacket/gopacket/layers"

	"github.com/flowlabel/flowlabel/perf/capture"
	"github.com/flowlabel/flowlabel/perf/pkt"
)

func TestLongPacketsAreCut(t *testing.T) {
	c, err := capture.Read(bytes.NewReader(pcap(t, layers.LinkTypeRaw, packet(1, 9000))))
	if err != nil {
		t.Fatal(err)
	}
	p := c.Flows[0].Packets[0]
	if len(p) != 1500 || binary.BigEndian.Uint16(p[4:]) != 1460 {
		t.Errorf("%d bytes kept, and a payload of %d", len(p), binary.BigEndian.Uint16(p[4:]))
	}
}

// Packets whose flow cannot be told are kept apart from those of the flow that
// they look like.
func TestForms(t *testing.T) {
	whole := packet(0, 4)
	damaged := packet(0, 4)[:pkt.HeaderLen+3]
	c, err := capture.Read(bytes.NewReader(pcap(t, layers.LinkTypeRaw, whole, damaged, damaged)))
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Flows) != 2 || c.Flows[0].Form != pkt.Told || c.Flows[1].Form != pkt.Damaged || len(c.Flows[1].Packets) != 2 {
		t.Errorf("%+v", c.Flows)
	}
}
