package core

import "fmt"

// Headers are the IPv6 extension headers that a lease adds to each packet sent
// with its label, each in wire form (RFC 8200, section 4): next header, length
// in units of 8 bytes less one, contents. The next header byte is filled in
// when a packet is sent. They precede a fragment header, in this order; an
// empty one is left out.
type Headers struct {
	HopByHop    []byte // hop-by-hop options
	Destination []byte // destination options for the routing header's stops
	Routing     []byte // routing header
}

// maxHeaderBytes is the size of the longest extension header.
const maxHeaderBytes = 256 * 8

// Len returns the length of all headers together, in bytes.
//
// Cost: none to speak of.
func (h *Headers) Len() int {
	if h == nil {
		return 0
	}
	return len(h.HopByHop) + len(h.Destination) + len(h.Routing)
}

// checked returns a copy of h, nil when there are none, after looking whether
// each header is whole and the caller may ask for it.
func (h *Headers) checked(by *Credentials) (*Headers, error) {
	if h.Len() == 0 {
		return nil, nil
	}
	c := new(Headers)
	all := [...]struct {
		name string
		raw  bool // wants NetRaw
		from []byte
		to   *[]byte
	}{
		{"hop-by-hop", true, h.HopByHop, &c.HopByHop},
		{"destination", true, h.Destination, &c.Destination},
		{"routing", false, h.Routing, &c.Routing},
	}
	for _, x := range all {
		if x.raw && len(x.from) != 0 && !by.Privileges.has(NetRaw) {
			return nil, fmt.Errorf("%w: %s, without NetRaw", ErrHeadersDenied, x.name)
		}
	}
	for _, x := range all {
		if len(x.from) == 0 {
			continue
		}
		if len(x.from) < 8 || len(x.from) > maxHeaderBytes || len(x.from) != (int(x.from[1])+1)*8 {
			return nil, fmt.Errorf("%w: %s, %d bytes", ErrHeaders, x.name, len(x.from))
		}
		*x.to = append([]byte(nil), x.from...)
	}
	return c, nil
}
