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
//		verdict := r.Check(sock, label)
//		r.Exit()
//	}
//
// # Concurrency
//
// Everything may be called from any goroutine at any time, but for a [Reader],
// which belongs to one goroutine at a time. Control calls (all but Reader's)
// run inside a read-side section of their own from their first look at an index
// to their last change, so nothing that they found is reclaimed under them. What
// a packet does takes no lock, allocates nothing, writes nothing that others
// read and looks at no clock.
//
// # Limits and errors
//
// Each table has a cap in [Options]; reaching it is an error, and so is an
// exhausted label space. A call that fails has changed nothing. Giving up a use
// that the socket has, closing and expiry cannot fail. Errors wrap the sentinels
// of this package.
//
// # Time
//
// A call that sets a time reads the clock once. A lease ends never before its
// deadline, and at most one tick after it, plus what Advance is late. Between
// those two moments a lingering lease can still be revived. Nobody is told of an
// expiry: Stats counts them, [Namespace.Leases] shows what is left. Tests turn
// the time by hand with Options.Clock and Options.ManualAdvance.
//
// # What is recorded for others to use
//
// A few things are kept here because they belong to a socket or a namespace,
// while the packets that they are about are the embedding program's: the
// destination of a lease, a socket's current label, the last label received,
// and the settings about automatic labels and reflection. The engine does not
// apply them to packets.
package core
