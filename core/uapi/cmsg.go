package uapi

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/flowlabel/flowlabel/core"
)

// A control message of a 64-bit kernel.
const (
	cmsgHeader = 16
	cmsgAlign  = 8
)

// maxOptions is the most ancillary data that a request may carry.
const maxOptions = 64 << 10

const (
	levelIPv6 = 41 // IPPROTO_IPV6

	ipv6PktOptHop       = 3 // RFC 2292's names for 54, 59 and 57
	ipv6PktOptDst       = 4
	ipv6PktOptRouting   = 5
	ipv6FlowInfo        = 11
	ipv6HopLimit        = 52
	ipv6HopOptions      = 54
	ipv6RoutingDstOpts  = 55
	ipv6Routing         = 57
	ipv6DestinationOpts = 59
	ipv6TrafficClass    = 67
)

// parseOptions reads control messages one after another and returns the
// extension headers that they ask for, nil for none. The first error ends it.
// The headers alias the data.
func parseOptions(data []byte, p core.Privileges) (*core.Headers, error) {
	if len(data) > maxOptions {
		return nil, fmt.Errorf("%w: %d bytes of options", errInvalid, len(data))
	}
	var h core.Headers
	last := false // destination options that would follow the routing header
	for len(data) >= cmsgHeader {
		size := binary.NativeEndian.Uint64(data)
		level := int32(binary.NativeEndian.Uint32(data[8:]))
		kind := int32(binary.NativeEndian.Uint32(data[12:]))
		if size < cmsgHeader || size > uint64(len(data)) {
			return nil, fmt.Errorf("%w: control message of %d bytes in %d", errInvalid, size, len(data))
		}
		if level == levelIPv6 {
			follows, err := parseOption(&h, kind, data[cmsgHeader:size], p)
			if err != nil {
				return nil, err
			}
			last = last || follows
		}
		next := min((size+cmsgAlign-1)&^(cmsgAlign-1), uint64(len(data)))
		data = data[next:]
	}
	if last {
		return nil, fmt.Errorf("%w: destination options behind the routing header", errInvalid)
	}
	if h.Len() == 0 {
		return nil, nil
	}
	return &h, nil
}

// parseOption reads one IPv6-level message into h, and says whether it was an
// option that would follow the routing header.
func parseOption(h *core.Headers, kind int32, data []byte, p core.Privileges) (follows bool, err error) {
	switch kind {
	case ipv6PktOptHop, ipv6HopOptions:
		if h.HopByHop != nil {
			return false, fmt.Errorf("%w: second hop-by-hop header", errInvalid)
		}
		h.HopByHop, err = parseHeader(kind, data, p)
	case ipv6RoutingDstOpts:
		h.Destination, err = parseHeader(kind, data, p)
	case ipv6PktOptDst, ipv6DestinationOpts:
		_, err = parseHeader(kind, data, p)
		return true, err
	case ipv6Routing, ipv6PktOptRouting:
		// Only type 2 was ever accepted, by kernels built with Mobile IPv6.
		err = fmt.Errorf("%w: routing header", errInvalid)
	case ipv6HopLimit, ipv6TrafficClass, ipv6FlowInfo:
		// For one packet only; a lease has no use for them.
	default:
		err = fmt.Errorf("%w: control message %d", errInvalid, kind)
	}
	return false, err
}

// parseHeader returns the extension header that a message holds.
func parseHeader(kind int32, data []byte, p core.Privileges) ([]byte, error) {
	if len(data) < 2 {
		return nil, fmt.Errorf("%w: control message %d of %d bytes", errInvalid, kind, len(data))
	}
	size := (int(data[1]) + 1) * 8
	if len(data) < size {
		return nil, fmt.Errorf("%w: header of %d bytes in %d", errInvalid, size, len(data))
	}
	if p&core.NetRaw == 0 {
		return nil, core.ErrHeadersDenied
	}
	return slices.Clip(data[:size]), nil
}
