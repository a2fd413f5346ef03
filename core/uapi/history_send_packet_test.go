package uapi_test

import (
	"bytes"
	"encoding/binary"

	"github.com/flowlabel/flowlabel/core"
)

// What stands where in an IPv6 packet, and the numbers of what follows.
const (
	ipv6Len     = 40
	nextHop     = 0
	nextTCP     = 6
	nextUDP     = 17
	nextICMPv6  = 58
	nextDst     = 60
	nextRaw     = 253 // for experiments (RFC 3692)
	closedPort  = 9   // where nobody listens
	tcpFIN      = 1
	tcpSYN      = 2
	tcpRST      = 4
	tcpPSH      = 8
	tcpACK      = 16
	echoRequest = 128
	echoReply   = 129
)

func labelOf(b []byte) uint32 { return binary.BigEndian.Uint32(b) & maxLabel }

func setLabel(b []byte, label uint32) {
	binary.BigEndian.PutUint32(b, binary.BigEndian.Uint32(b)&^maxLabel|label)
}

// upper returns the protocol of a packet's payload and where that begins, behind
// the extension headers that packets have here.
func upper(b []byte) (protocol byte, at int) {
	protocol, at = b[6], ipv6Len
	for protocol == nextHop || protocol == nextDst {
		protocol, at = b[at], at+8*(int(b[at+1])+1)
	}
	return protocol, at
}

// bare returns a packet without its label and its extension headers.
func bare(b []byte) []byte {
	protocol, at := upper(b)
	out := append(bytes.Clone(b[:ipv6Len]), b[at:]...)
	setLabel(out, 0)
	out[6] = protocol
	return resized(out)
}

func resized(b []byte) []byte {
	binary.BigEndian.PutUint16(b[4:], uint16(len(b)-ipv6Len))
	return b
}

// dressed returns a bare packet with headers, as the model has them.
func dressed(b []byte, hop, last string) []byte {
	out, next := bytes.Clone(b[:ipv6Len]), 6
	for _, h := range []struct {
		number byte
		bytes  string
	}{{nextHop, hop}, {nextDst, last}} {
		if h.bytes != "" {
			out[next], next = h.number, len(out)
			out = append(out, h.bytes...)
		}
	}
	out[next] = b[6]
	return resized(append(out, b[ipv6Len:]...))
}

// extend returns a packet with extension headers, as the engine has them.
func extend(b []byte, x *core.Extensions) []byte {
	out, first := x.Append(bytes.Clone(b[:ipv6Len]), b[6])
	out[6] = first
	return resized(append(out, b[ipv6Len:]...))
}

// wholePacket is a packet that its sender has made up.
func wholePacket(label uint32) []byte {
	b := make([]byte, ipv6Len, 64)
	b[0], b[6], b[7], b[23], b[39] = 6<<4, nextRaw, 64, 1, 1
	setLabel(b, label)
	return resized(append(b, 0, 1, 2, 3, 4, 5, 6, 7))
}

// synthetic is a bare packet for where no kernel makes one.
func (m *sendModel) synthetic(a *act, p *packet) []byte {
	b := wholePacket(0)[:ipv6Len]
	if p.kind == packetMessage || p.kind == packetEcho {
		return m.syntheticMessage(b, a, p)
	}
	src, dst := m.ports(p.from), m.ports(p.to)
	b[6] = nextTCP
	b = binary.BigEndian.AppendUint16(b, src)
	b = binary.BigEndian.AppendUint16(b, dst)
	return resized(append(b, make([]byte, 16)...))
}

// ports is the port of a TCP socket in a place: of all connections another.
func (m *sendModel) ports(at int) uint16 {
	if at == none {
		return closedPort
	}
	s := m.senders[at]
	return uint16(1024 + 64*s.id + s.epoch%64)
}

func (m *sendModel) syntheticMessage(b []byte, a *act, p *packet) []byte {
	s := m.senders[a.sock]
	id := uint16(1024 + s.id)
	switch b[6] = [...]byte{protoUDP: nextUDP, protoRaw: nextRaw, protoPing: nextICMPv6}[s.proto]; {
	case p.kind == packetEcho:
		b = append(b, echoReply, 0, 0, 0)
		b = binary.BigEndian.AppendUint16(b, id)
	case s.proto == protoPing:
		b = append(b, echoRequest, 0, 0, 0)
		b = binary.BigEndian.AppendUint16(b, id)
	case s.proto == protoUDP:
		b = binary.BigEndian.AppendUint16(b, id)
		b = binary.BigEndian.AppendUint16(b, uint16(max(a.to, 1))) // any
	}
	return resized(append(b, 0, 1, 2, 3, 4, 5, 6, 7))
}
