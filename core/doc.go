// Package core leases IPv6 flow labels (RFC 6437) to the sockets of a packet
// processor, and says for each packet whether it may carry its label. It is the
// flow label service of the Linux kernel as a library: the rules are the
// kernel's, the switches between them and what a Go program wants are [Rules].
//
// # Terms
//
// A lease binds a label to those who use it, within a [Namespace]. A [Socket] is
// whoever sends packets; each successful [Socket.Get] is one use of a lease by a
// socket, each [Socket.Put] gives one up. A lease's share mode and owner say who
// else may use it.
//
// A flow is what the packets with one 5-tuple are, within a namespace; a [Tuple]
// names it as its sender sees it. [Socket.Bind] makes a flow the socket's, so that
// the socket can be found from a packet alone. It is a flow of exactly one socket,
// and ends by [Socket.Unbind] or with its socket: there are no wildcards, so a
// packet for a listener is Unbound until the program binds the connection.
//
// A lease in use never ends, however much time passes: it is a count of uses.
// When the last use is given up the lease lingers: nobody may take its label for
// something else before its linger, and its expires, are over. That keeps
// packets that are still under way from being taken for somebody else's. Until
// then a Get with Create by whoever may share the lease revives it. An
// [Exclusive] lease is shared with nobody, so nobody can revive it; a socket that
// wants its label back after a Put leases it for its [Process] or [User].
//
// By default any label may be sent in a namespace whose leases are all open to
// everybody; one lease that is not, lingering or in use, turns the check of
// packets on for all sockets of the namespace. See [Policy]; [Strict] always
// checks.
//
// # Use
//
//	eng, err := core.New(core.Options{})
//	defer eng.Close()
//	ns, err := eng.Namespace("tenant-a", core.NamespaceOptions{})
//	sock, err := ns.Socket(core.SocketOptions{Protocol: core.TCP})
//	label, err := sock.Get(core.Request{Dst: dst, Share: core.Exclusive, Create: true, Linger: 30 * time.Second})
//	...
//	err = sock.Put(label)
//
// and in each worker that sends packets:
//
//	r := eng.Reader("worker-0")
//	defer r.Close()
//	for each burst {
//		r.Enter()
//		r.LabelBurst(ns, packets, decisions)
//		r.Exit()
//	}
//
// # Which call to use when
//
// Each call for a packet stands between [Reader.Enter] and [Reader.Exit], and has
// a form for bursts, which is the normal one: it fetches what the packets need
// from memory side by side.
//
//	Label, LabelBurst      whole packets: flow, socket, decision, and the label written
//	Find, then Send        for those who parse packets themselves, or keep the socket
//	Check                  for those who know the socket and the label
//	Receive, ReceiveBurst  whole packets that came in: their labels are noted
//	Reply                  packets that no socket sends: resets, echo replies
//	ShareOf                what a label of the namespace is leased for
//
// A [Decision] is the label that a packet is to carry, and a [Verdict]. With
// [AllowedWithHeaders] the lease has extension headers: [Reader.HeadersOf] returns
// them, [Headers.Insert] puts them into a packet that has none of its own, and
// [Reader.Merge] says what becomes of a sender's own where the packet is yet to be
// built. The packet becomes [Headers.WireLen] bytes longer. So does its payload
// length, which must not pass 65535; and whoever fills packets up to a path's MTU
// has as much less for the payload. A UDP or TCP checksum stays as it is, unless
// there is a routing header.
//
// Packets are to be labelled before they are fragmented: every fragment then
// carries the label, and what a lease adds stands before the fragment header. A
// first fragment has its ports and can be labelled alone; of a later one the flow
// cannot be told, and the verdict is [NoPorts]. Of an encrypted packet (ESP) there
// are no ports either: all that one host sends to another is one flow, and so are
// all ICMPv6 messages that are not echoes. ICMPv6 errors are not looked into for
// the flow that they are about. A multicast packet that came in is nobody's, since
// the flow in the other direction would have a group for its source.
//
// On the other side [Reader.Receive] finds the socket by the flow reversed, and
// notes the label for [Socket.Remote], and for the answers of a socket that
// reflects.
//
// # Concurrency
//
// Everything may be called from any goroutine at any time, but for a [Reader],
// which belongs to one goroutine at a time. Control calls (all but Reader's)
// run inside a read-side section of their own from their first look at an index
// to their last change, so nothing that they found is reclaimed under them. What
// a packet does takes no lock, allocates nothing, writes nothing that others
// read, but for a received label that is another than the last one, and looks at
// no clock.
//
// # Limits and errors
//
// Each table has a cap in [Options]; reaching it is an error, and so is an
// exhausted label space. A call that fails has changed nothing; but if several Gets
// that may have a lingering lease fail at one time, for want of room on their sockets or
// because these are closed, it may linger anew. Giving up a use that the socket has,
// closing and expiry cannot fail. Errors wrap the sentinels of this package.
//
// # Time
//
// A call that sets a time reads the clock, and so does the last release of a lease; other
// releases do not. Nor does a Get that asks for no more than the linger: the release that
// is owed for it sees to that. With [Rules.ExpiresAsAsked] every Get that succeeds reads
// the clock. A lease ends never before its deadline, and at most one tick after it, plus
// what Advance is late. Between those two moments a lingering lease can still be
// revived. Nobody is told of an expiry: Stats counts them, [Namespace.Leases] shows what is
// left. Tests turn the time by hand with Options.Clock and Options.ManualAdvance.
//
// # What is left to the embedding program
//
// The engine sends nothing and sees only the packets that it is given. Which of
// the packets that come in are noted is for the program to say: Linux notes them
// on TCP sockets only, see [Socket.Received]. The destination of a lease is kept
// for listings and not enforced. Automatic labels are a function of the flow, for
// all kinds of sockets.
package core
