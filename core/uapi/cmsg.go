package uapi

import (
	"encoding/binary"
	"fmt"

	"github.com/flowlabel/flowlabel/core"
)

// A control message of a 64-bit kernel.
const (
	cmsgHeader = 16
	cmsgAlign  = 8
)

// maxOptions is the most ancillary data that a request may carry.
const maxOptions = 64 << 10

// Levels of control messages. Others are ignored.
const (
	levelSocket = 1  // SOL_SOCKET
	levelIPv6   = 41 // IPPROTO_IPV6
)

// parser reads the ancillary data of a request.
type parser struct {
	privileges core.Privileges
	headers    core.Headers
	// behind is set by destination options that would follow the routing header.
	// A lease cannot carry them, but the rest is read first.
	behind bool
	flow   uint32 // what the last flow information said, without its version bits
}

// parseOptions reads control messages one after another and returns the
// extension headers that they ask for, nil for none. The first error ends it.
// Fewer bytes than a message's header are ignored. The headers alias the data.
func parseOptions(data []byte, privileges core.Privileges) (*core.Headers, error) {
	if len(data) > maxOptions {
		return nil, malformed("%d bytes of options", len(data))
	}
	p := parser{privileges: privileges}
	for len(data) >= cmsgHeader {
		size := binary.NativeEndian.Uint64(data)
		if size < cmsgHeader || size > uint64(len(data)) {
			return nil, malformed("control message of %d bytes in %d", size, len(data))
		}
		level, kind := readInt32(data[8:]), readInt32(data[12:])
		if err := p.message(level, kind, data[cmsgHeader:size]); err != nil {
			return nil, err
		}
		data = data[min(align(int(size)), len(data)):]
	}
	switch {
	case p.behind:
		return nil, malformed("destination options behind the routing header")
	case p.headers.Len() == 0:
		return nil, nil
	}
	return &p.headers, nil
}

func align(n int) int { return (n + cmsgAlign - 1) &^ (cmsgAlign - 1) }

func readInt32(b []byte) int32 { return int32(binary.NativeEndian.Uint32(b)) }

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{errInvalid}, args...)...)
}

// message reads one control message.
func (p *parser) message(level, kind int32, data []byte) error {
	switch level {
	case levelIPv6:
		return p.ipv6(kind, data)
	case levelSocket:
		return p.socket(kind, data)
	}
	return nil
}

// Types of control messages at level IPv6, with RFC 2292's older names for
// some of them.
const (
	ipv6PktInfoOld      = 2
	ipv6HopOptionsOld   = 3
	ipv6DestinationOld  = 4
	ipv6RoutingOld      = 5
	ipv6HopLimitOld     = 8
	ipv6FlowInfo        = 11
	ipv6PktInfo         = 50
	ipv6HopLimit        = 52
	ipv6HopOptions      = 54
	ipv6RoutingDstOpts  = 55
	ipv6Routing         = 57
	ipv6DestinationOpts = 59
	ipv6DontFragment    = 62
	ipv6TrafficClass    = 67
)

// ipv6 reads a message at level IPv6. Messages that concern one packet only are
// checked and dropped: a lease has no use for them.
func (p *parser) ipv6(kind int32, data []byte) (err error) {
	switch kind {
	case ipv6HopOptions, ipv6HopOptionsOld:
		if p.headers.HopByHop != nil {
			return malformed("second hop-by-hop header")
		}
		p.headers.HopByHop, err = p.header(kind, data)
	case ipv6RoutingDstOpts: // the last one counts
		p.headers.Destination, err = p.header(kind, data)
	case ipv6DestinationOpts, ipv6DestinationOld:
		if kind == ipv6DestinationOld && p.behind {
			return malformed("second destination options")
		}
		p.behind = true
		_, err = p.header(kind, data)
	case ipv6Routing, ipv6RoutingOld:
		// Only kernels with Mobile IPv6 take one, of type 2.
		return malformed("routing header")
	case ipv6PktInfo, ipv6PktInfoOld:
		return packetInfo(data)
	case ipv6HopLimit, ipv6HopLimitOld:
		if len(data) == 4 && inRange(int64(int16(readInt32(data))), -1, 255) {
			return nil
		}
		return malformed("hop limit")
	case ipv6TrafficClass:
		return number(kind, data, -1, 255)
	case ipv6DontFragment:
		return number(kind, data, 0, 1)
	case ipv6FlowInfo:
		return p.flowInfo(data)
	default:
		return malformed("control message %d", kind)
	}
	return err
}

// flowInfo checks flow information. After one that was not zero the next may
// not have bits where a packet has its version.
func (p *parser) flowInfo(data []byte) error {
	if len(data) < 4 {
		return malformed("flow information of %d bytes", len(data))
	}
	const version = 0xf << 28
	v := binary.BigEndian.Uint32(data)
	if p.flow != 0 && v&version != 0 {
		return malformed("flow information %#x after %#x", v, p.flow)
	}
	p.flow = v &^ version
	return nil
}

// header returns the extension header that a message holds, which may be
// shorter than the message. Its contents are not looked at.
func (p *parser) header(kind int32, data []byte) ([]byte, error) {
	if len(data) < 2 {
		return nil, malformed("control message %d of %d bytes", kind, len(data))
	}
	size := (int(data[1]) + 1) * 8
	if len(data) < size {
		return nil, malformed("header of %d bytes in %d", size, len(data))
	}
	if p.privileges&core.NetRaw == 0 {
		return nil, fmt.Errorf("%w: control message %d", core.ErrHeadersDenied, kind)
	}
	return data[:size:size], nil
}

func inRange(v, low, high int64) bool { return low <= v && v <= high }

// number checks a message that holds one 32-bit number.
func number(kind int32, data []byte, low, high int64) error {
	if len(data) == 4 && inRange(int64(readInt32(data)), low, high) {
		return nil
	}
	return malformed("control message %d: %x", kind, data)
}

// packetInfo checks a source address and an interface. The engine has none of
// either, so only the unspecified ones exist.
func packetInfo(data []byte) error {
	if len(data) < 20 {
		return malformed("packet information of %d bytes", len(data))
	}
	if index := readInt32(data[16:]); index != 0 {
		return fmt.Errorf("%w: %d", errNoDevice, index)
	}
	if [16]byte(data) != [16]byte{} {
		return malformed("packet information: no such address")
	}
	return nil
}
