package core

import (
	"errors"
	"fmt"
)

// The errors of the package. What a call returns wraps one of them with the
// offending value; test with errors.Is. A call that returns an error has
// changed nothing, but where [Rules] say that a refusal counts as a use.
var (
	// ErrClosed: the engine, the namespace or the socket is closed.
	ErrClosed = errors.New("core: closed")
	// ErrStale: the handle is the zero Socket, or its socket was closed and
	// another has its place by now. It is an ErrClosed, too, and that is what to
	// test for: which of the two a closed socket gives is chance.
	ErrStale = fmt.Errorf("core: stale handle: %w", ErrClosed)
	// ErrOption: a field of Options, Rules, NamespaceOptions, SocketOptions or
	// Settings is out of its range.
	ErrOption = errors.New("core: option out of range")
	// ErrNameTaken: the engine has a namespace of that name.
	ErrNameTaken = errors.New("core: name taken")

	// ErrLabel: Request.Label has more than 20 bits.
	ErrLabel = errors.New("core: label out of range")
	// ErrStateless: Request.Label is of the stateless range, and the namespace
	// keeps the ranges apart.
	ErrStateless = errors.New("core: label in the stateless range")
	// ErrHeaders: Request.Headers are not whole extension headers.
	ErrHeaders = errors.New("core: malformed headers")
	// ErrHeadersDenied: Request.Headers want NetRaw.
	ErrHeadersDenied = errors.New("core: headers not permitted")
	// ErrLinger: Request.Linger is negative, longer than the caller may ask for,
	// or longer than any lease can linger.
	ErrLinger = errors.New("core: linger out of range")
	// ErrExpires: the same of Request.Expires.
	ErrExpires = errors.New("core: expires out of range")
	// ErrDestination: Request.Dst is not an IPv6 address, unspecified or
	// IPv4-mapped.
	ErrDestination = errors.New("core: bad destination")
	// ErrShare: Request.Share is no mode that a lease can have.
	ErrShare = errors.New("core: bad share mode")

	// ErrExists: the label is leased, and the request wanted a fresh lease.
	ErrExists = errors.New("core: label already leased")
	// ErrNotShared: the label is leased, and its share mode or its owner keeps
	// the request out.
	ErrNotShared = errors.New("core: lease not shared with the caller")
	// ErrNotFound: the label is not leased or its lease lingers, and the request
	// does not create; for Query, the socket has no current label or does not
	// hold it.
	ErrNotFound = errors.New("core: no such lease")
	// ErrNotHeld: the socket does not hold the label, or does not reflect.
	ErrNotHeld = errors.New("core: label not held by the socket")
	// ErrRefused: the socket may not send with the label.
	ErrRefused = errors.New("core: label refused")

	// ErrTuple: a Tuple names no flow: it is the zero one, or an address is not
	// IPv6 or is IPv4-mapped.
	ErrTuple = errors.New("core: bad tuple")
	// ErrBound: the flow is bound to a socket already.
	ErrBound = errors.New("core: flow already bound")
	// ErrNotBound: no socket has the flow, or not this one.
	ErrNotBound = errors.New("core: flow not bound")
	// ErrPacket: a packet cannot be read, or not as far as is needed.
	ErrPacket = errors.New("core: bad packet")
	// ErrNoRoom: a buffer or a packet is too short for the headers to be inserted.
	ErrNoRoom = errors.New("core: no room for headers")

	// ErrConsistency: Settings.Consistency, which is on by default, forbids to
	// reflect.
	ErrConsistency = errors.New("core: reflection not permitted")
	// ErrProtocol: the call wants a TCP socket.
	ErrProtocol = errors.New("core: wrong protocol")

	// ErrQuota: Rules.Quota does not let the caller add a lease.
	ErrQuota = errors.New("core: quota exceeded")
	// ErrTableFull: a table of Options is full: leases, sockets, flows, namespaces, or
	// the memory behind them, which also counts what still waits for readers.
	ErrTableFull = errors.New("core: table full")
	// ErrSocketFull: the socket's list has MaxSocketEntries entries.
	ErrSocketFull = errors.New("core: socket full")
	// ErrNoLabels: every label that could have been chosen is leased.
	ErrNoLabels = errors.New("core: no free label")
	// ErrUsers: the lease has as many users as can be counted.
	ErrUsers = errors.New("core: too many users of a lease")
)
