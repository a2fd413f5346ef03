package core

// Label is a flow label: 20 bits, 0 meaning "not labelled" (RFC 6437, 2).
type Label uint32

const (
	// MaxLabel is the largest flow label.
	MaxLabel Label = 1<<20 - 1
	// StatelessBit marks the labels of the stateless range. While a namespace
	// keeps the two ranges apart, leases come from the labels without it and
	// automatic labels from those with it.
	StatelessBit Label = 1 << 19
)

// Share says with whom a lease may be shared. The numbers are Linux's.
type Share uint8

// The share modes. A lease keeps the mode that its creator asked for, and a
// request to join it must ask for the same one.
const (
	// None shares nothing and is no mode of a lease; in a Renew it lets an
	// administrator reach leases that are not on the socket's own list.
	None Share = 0
	// Exclusive admits no second request, not even from the same socket, and no
	// revival while the lease lingers.
	Exclusive Share = 1
	// Process admits requests whose credentials name the same process.
	Process Share = 2
	// User admits requests whose credentials name the same user.
	User Share = 3
	// Any admits everybody in the namespace.
	Any Share = 255
)

// String returns the mode's name.
func (s Share) String() string {
	switch s {
	case None:
		return "none"
	case Exclusive:
		return "exclusive"
	case Process:
		return "process"
	case User:
		return "user"
	case Any:
		return "any"
	}
	return "unknown"
}

// Protocol is the kind of a socket.
type Protocol uint8

// The kinds of sockets that differ in what the engine lets them do; all others
// are the same to it, so Other does for whatever has no kernel socket. Only TCP
// sockets are told to reflect their peer's labels, and packets of Ping sockets
// (ICMPv6 echo) are never refused, though their connects are.
const (
	Other Protocol = iota
	TCP
	UDP
	Raw
	Ping
)

// String returns the protocol's name.
func (p Protocol) String() string {
	switch p {
	case Other:
		return "other"
	case TCP:
		return "TCP"
	case UDP:
		return "UDP"
	case Raw:
		return "raw"
	case Ping:
		return "ping"
	}
	return "unknown"
}
