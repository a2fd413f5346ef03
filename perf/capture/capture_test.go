package capture_test

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"github.com/flowlabel/flowlabel/perf/capture"
	"github.com/flowlabel/flowlabel/perf/pkt"
)

// packet returns a UDP packet from a port, of so many bytes beyond its ports.
func packet(port uint16, length int) []byte {
	p := make([]byte, pkt.HeaderLen+4+length)
	p[0], p[6], p[23], p[24], p[39] = 0x60, pkt.UDP, 1, 0xfd, 2
	binary.BigEndian.PutUint16(p[4:], uint16(4+length))
	binary.BigEndian.PutUint16(p[pkt.HeaderLen:], port)
	return p
}

// frames put a packet behind the header of a link.
var frames = []struct {
	name   string
	link   layers.LinkType
	header string
}{
	{"Ethernet", layers.LinkTypeEthernet, "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x86\xdd"},
	{"VLAN", layers.LinkTypeEthernet, "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x81\x00\x00\x07\x86\xdd"},
	{"two VLANs", layers.LinkTypeEthernet,
		"\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x88\xa8\x00\x07\x81\x00\x00\x08\x86\xdd"},
	{"raw", layers.LinkTypeRaw, ""},
	{"raw IPv6", layers.LinkTypeIPv6, ""},
	{"Linux cooked", layers.LinkTypeLinuxSLL, "\x00\x04\x00\x01\x00\x06\x01\x02\x03\x04\x05\x06\x00\x00\x86\xdd"},
	{"Linux cooked, VLAN", layers.LinkTypeLinuxSLL,
		"\x00\x04\x00\x01\x00\x06\x01\x02\x03\x04\x05\x06\x00\x00\x81\x00\x00\x07\x86\xdd"},
	{"Linux cooked 2", layers.LinkTypeLinuxSLL2,
		"\x86\xdd\x00\x00\x00\x00\x00\x01\x00\x01\x04\x06\x01\x02\x03\x04\x05\x06\x00\x00"},
	{"null, little-endian", layers.LinkTypeNull, "\x1e\x00\x00\x00"},
	{"null, big-endian", layers.LinkTypeNull, "\x00\x00\x00\x18"},
	{"loop", layers.LinkTypeLoop, "\x00\x00\x00\x1c"},
}

func info(p []byte) gopacket.CaptureInfo {
	return gopacket.CaptureInfo{Timestamp: time.Unix(1, 0), CaptureLength: len(p), Length: len(p)}
}

func pcap(t testing.TB, link layers.LinkType, frames ...[]byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := pcapgo.NewWriter(&b)
	if err := w.WriteFileHeader(65536, link); err != nil {
		t.Fatal(err)
	}
	for _, p := range frames {
		if err := w.WritePacket(info(p), p); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

func pcapng(t testing.TB, link layers.LinkType, frames ...[]byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := pcapgo.NewNgWriter(&b, link)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range frames {
		if err := w.WritePacket(info(p), p); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func zipped(t testing.TB, file []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(file); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestFormatsAndLinks(t *testing.T) {
	first, second, third := packet(1, 10), packet(2, 0), packet(1, 20)
	for _, f := range frames {
		behind := func(p []byte) []byte { return append([]byte(f.header), p...) }
		in := [][]byte{behind(first), behind(second), behind(third), {1, 2, 3}}
		for format, file := range map[string][]byte{
			"pcap":           pcap(t, f.link, in...),
			"pcapng":         pcapng(t, f.link, in...),
			"pcap, zipped":   zipped(t, pcap(t, f.link, in...)),
			"pcapng, zipped": zipped(t, pcapng(t, f.link, in...)),
		} {
			c, err := capture.Read(bytes.NewReader(file))
			if err != nil {
				t.Errorf("%s, %s: %v", f.name, format, err)
				continue
			}
			if c.Records != 4 || c.Packets != 3 || len(c.Flows) != 2 {
				t.Errorf("%s, %s: %d records, %d packets, %d flows", f.name, format, c.Records, c.Packets, len(c.Flows))
				continue
			}
			got := c.Flows[0]
			if got.Key.SrcPort != 1 || len(got.Packets) != 2 ||
				!bytes.Equal(got.Packets[0], first) || !bytes.Equal(got.Packets[1], third) {
				t.Errorf("%s, %s: first flow %+v", f.name, format, got)
			}
		}
	}
}

// A pcapng file may have interfaces of several kinds.
func TestMixedLinks(t *testing.T) {
	var b bytes.Buffer
	w, err := pcapgo.NewNgWriter(&b, layers.LinkTypeIEEE802_11)
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range frames {
		if _, err := w.AddInterface(pcapgo.NgInterface{LinkType: f.link}); err != nil {
			t.Fatal(err)
		}
		p := append([]byte(f.header), packet(7, 0)...)
		ci := info(p)
		ci.InterfaceIndex = i + 1
		if err := w.WritePacket(ci, p); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	c, err := capture.Read(&b)
	if err != nil {
		t.Fatal(err)
	}
	if c.Packets != len(frames) || len(c.Flows) != 1 {
		t.Errorf("%d packets, %d flows", c.Packets, len(c.Flows))
	}
}

func TestRefused(t *testing.T) {
	ipv4 := []byte("\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x08\x00\x45\x00\x00\x14")
	whole, ng := pcap(t, layers.LinkTypeRaw, packet(1, 50)), pcapng(t, layers.LinkTypeRaw, packet(1, 50))
	zip := zipped(t, whole)
	lying := bytes.Clone(whole)
	binary.LittleEndian.PutUint32(lying[24+8:], 1<<31)
	for name, c := range map[string]struct {
		file []byte
		want error
	}{
		"empty":                 {nil, capture.ErrEmpty},
		"one byte":              {[]byte{1}, capture.ErrForeign},
		"text":                  {[]byte(strings.Repeat("no capture ", 100)), capture.ErrForeign},
		"zipped text":           {zipped(t, []byte("no capture")), capture.ErrForeign},
		"zipped nothing":        {zipped(t, nil), capture.ErrForeign},
		"no packets":            {pcap(t, layers.LinkTypeRaw), capture.ErrNoIPv6},
		"no packets, ng":        {pcapng(t, layers.LinkTypeRaw), capture.ErrNoIPv6},
		"IPv4":                  {pcap(t, layers.LinkTypeEthernet, ipv4), capture.ErrNoIPv6},
		"IPv4, ng":              {pcapng(t, layers.LinkTypeEthernet, ipv4), capture.ErrNoIPv6},
		"loopback of IPv4":      {pcap(t, layers.LinkTypeNull, []byte("\x02\x00\x00\x00\x45")), capture.ErrNoIPv6},
		"wireless":              {pcap(t, layers.LinkTypeIEEE802_11, ipv4), capture.ErrLinkType},
		"magic alone":           {whole[:4], capture.ErrDamaged},
		"magic alone, ng":       {ng[:4], capture.ErrDamaged},
		"half a head":           {whole[:20], capture.ErrDamaged},
		"half a record's head":  {whole[:24+10], capture.ErrDamaged},
		"a record's head alone": {whole[:24+16], capture.ErrDamaged},
		"half a record":         {whole[:len(whole)-10], capture.ErrDamaged},
		"half a record, ng":     {ng[:len(ng)-10], capture.ErrDamaged},
		"half a zip":            {zip[:len(zip)-10], capture.ErrDamaged},
		"zip's magic alone":     {zip[:2], capture.ErrDamaged},
		"a length of 2 GiB":     {lying, capture.ErrDamaged},
	} {
		got, err := capture.Read(bytes.NewReader(c.file))
		if !errors.Is(err, c.want) || got != nil {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: more than a line: %q", name, err)
		}
	}
}

// Every place where a file can end is either between two records or damage.
func TestCutAnywhere(t *testing.T) {
	for name, file := range map[string][]byte{
		"pcap":   pcap(t, layers.LinkTypeRaw, packet(1, 4), packet(2, 4)),
		"pcapng": pcapng(t, layers.LinkTypeRaw, packet(1, 4), packet(2, 4)),
	} {
		whole := 0
		for end := range file {
			c, err := capture.Read(bytes.NewReader(file[:end]))
			switch {
			case err == nil && c.Packets == 1:
				whole++
			case err == nil:
				t.Errorf("%s, %d of %d bytes: %d packets", name, end, len(file), c.Packets)
			}
		}
		if whole != 1 {
			t.Errorf("%s: read at %d ends, want the one behind the first packet", name, whole)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, link := range frames {
		p := append([]byte(link.header), packet(1, 4)...)
		f.Add(pcap(f, link.link, p))
		f.Add(pcapng(f, link.link, p))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		c, err := capture.Read(bytes.NewReader(file))
		if err != nil {
			return
		}
		packets := 0
		for _, flow := range c.Flows {
			packets += len(flow.Packets)
			for _, p := range flow.Packets {
				if key, form := pkt.Read(p); key != flow.Key || form != flow.Form {
					t.Fatalf("packet %x in flow %+v, form %v", p, flow.Key, flow.Form)
				}
			}
		}
		if packets == 0 || packets != c.Packets || packets > c.Records {
			t.Fatalf("%d packets in flows, %d in all, %d records", packets, c.Packets, c.Records)
		}
	})
}
