// Package capture reads the IPv6 flows of a capture file, in the formats pcap
// and pcapng, either of them compressed by gzip or not.
//
// A capture is damaged when a record of it is: nothing of it is used then. What
// its packets contain is a matter of the network, so packets that are not IPv6,
// or not whole enough to tell, are passed over and counted.
package capture

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"github.com/flowlabel/flowlabel/perf/pkt"
)

// What Read refuses. What it returns wraps one of them.
var (
	ErrEmpty    = errors.New("the file is empty")
	ErrForeign  = errors.New("neither pcap nor pcapng")
	ErrDamaged  = errors.New("the capture is damaged")
	ErrLinkType = errors.New("link type not supported")
	ErrNoIPv6   = errors.New("no IPv6 packets")
)

const (
	// maxPacket is how much is kept of a packet, in bytes: a usual link's most.
	// Captures of offloading network cards hold longer ones.
	maxPacket = 1500
	// maxKept is how much is kept of a capture, in bytes. What follows is not
	// read.
	maxKept = 128 << 20
)

// Capture is what a file was found to hold.
type Capture struct {
	Records int    // packets of any kind
	Packets int    // those of IPv6, kept
	Flows   []Flow // in the order of their first packets
}

// Flow is the packets of one flow, each as pkt.Cut returns them, at most 1500
// bytes long, and saying the length that it has here. Packets whose flow cannot be
// told are together by what could be told of it.
type Flow struct {
	Key     pkt.Key
	Form    pkt.Form
	Packets [][]byte
}

// Read reads a capture. It keeps at most 128 MiB of packets and then stops.
func Read(r io.Reader) (*Capture, error) {
	records, err := open(r)
	if err != nil {
		return nil, err
	}
	c := collector{flows: make(map[kind]int)}
	for kept := 0; kept < maxKept; {
		frame, err := records.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("%w: record %d: %v", ErrDamaged, c.Records+1, err)
		}
		kept += c.add(frame, records.link())
	}
	switch {
	case c.Records == 0:
		return nil, fmt.Errorf("%w: no packets at all", ErrNoIPv6)
	case c.Packets == 0 && c.foreign == c.Records:
		return nil, fmt.Errorf("%w: %v", ErrLinkType, records.link())
	case c.Packets == 0:
		return nil, fmt.Errorf("%w among %d packets", ErrNoIPv6, c.Records)
	}
	return &c.Capture, nil
}

// collector sorts packets into flows.
type collector struct {
	Capture
	flows   map[kind]int // index into Capture.Flows
	foreign int          // records of link types that are not supported
}

// kind is what packets of one Flow have in common.
type kind struct {
	key  pkt.Key
	form pkt.Form
}

// add takes one frame, and returns how many bytes of it were kept.
func (c *collector) add(frame []byte, link layers.LinkType) int {
	c.Records++
	p, supported := network(link, frame)
	if !supported {
		c.foreign++
	}
	p, ok := pkt.Cut(p)
	if !ok {
		return 0
	}
	p = append([]byte(nil), p[:min(len(p), maxPacket)]...)
	pkt.Fit(p)
	key, form := pkt.Read(p)
	i, known := c.flows[kind{key, form}]
	if !known {
		i = len(c.Flows)
		c.flows[kind{key, form}] = i
		c.Flows = append(c.Flows, Flow{Key: key, Form: form})
	}
	c.Flows[i].Packets = append(c.Flows[i].Packets, p)
	c.Packets++
	return len(p)
}

// records is a file under way: next returns the next record, valid until the
// next call, and link the link type of the one returned last.
type records struct {
	next func() ([]byte, error)
	link func() layers.LinkType
}

// First bytes of the formats. pcap has an order of bytes and a resolution of
// time in its own.
const (
	magicGzip = "\x1f\x8b"
	magicNg   = "\x0a\x0d\x0d\x0a"
)

var magicPcap = []string{
	"\xa1\xb2\xc3\xd4", "\xd4\xc3\xb2\xa1", "\xa1\xb2\x3c\x4d", "\x4d\x3c\xb2\xa1",
}

// open tells the formats apart and reads a file's head.
func open(r io.Reader) (records, error) {
	b := bufio.NewReader(r)
	if _, err := b.Peek(1); err == io.EOF {
		return records{}, ErrEmpty
	} else if err != nil {
		return records{}, err
	}
	if begins(b, magicGzip) {
		z, err := gzip.NewReader(b)
		if err != nil {
			return records{}, fmt.Errorf("%w: %v", ErrDamaged, err)
		}
		b = bufio.NewReader(z)
	}
	if begins(b, magicNg) {
		return openNg(b)
	}
	for _, magic := range magicPcap {
		if begins(b, magic) {
			return openPcap(b)
		}
	}
	return records{}, ErrForeign
}

func begins(b *bufio.Reader, magic string) bool {
	p, _ := b.Peek(len(magic))
	return string(p) == magic
}

func openPcap(r io.Reader) (records, error) {
	in, err := pcapgo.NewReader(r)
	if err != nil {
		return records{}, fmt.Errorf("%w: %v", ErrDamaged, err)
	}
	return records{
		next: func() ([]byte, error) {
			p, ci, err := in.ZeroCopyReadPacketData()
			return p, cutShort(ci, err)
		},
		link: in.LinkType,
	}, nil
}

func openNg(r io.Reader) (records, error) {
	in, err := pcapgo.NewNgReader(r, pcapgo.NgReaderOptions{WantMixedLinkType: true})
	if err != nil {
		return records{}, fmt.Errorf("%w: %v", ErrDamaged, err)
	}
	link := in.LinkType()
	return records{
		next: func() ([]byte, error) {
			p, ci, err := in.ZeroCopyReadPacketData()
			if err == nil {
				link = ci.AncillaryData[0].(layers.LinkType) // so does WantMixedLinkType promise
			}
			return p, cutShort(ci, err)
		},
		link: func() layers.LinkType { return link },
	}, nil
}

// cutShort tells a file that ends behind a record's header from one that ends
// behind a record.
func cutShort(ci gopacket.CaptureInfo, err error) error {
	if err == io.EOF && ci.CaptureLength != 0 {
		return io.ErrUnexpectedEOF
	}
	return err
}
