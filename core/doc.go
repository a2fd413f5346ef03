// Package core leases IPv6 flow labels (RFC 6437) to the sockets of a packet
// processor, and says for each packet whether it may carry its label. It is the
// flow label service of the Linux kernel as a library: the rules are the
// kernel's, the switches between them and what a Go program wants are [Rules].
//
// # Terms
//
// A lease binds a label to its users for a time, within a [Namespace]. A
// [Socket] is whoever sends packets; each successful [Socket.Get] is one use of
// a lease by a socket, each [Socket.Put] gives one up. A lease's share mode and
// owner say who else may use it. When the last use is given up the lease
// lingers: nobody may take its label for something else before its linger, and
// its expires, are over. A Get with Create revives it until then.
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
// exhausted label space. A call that fails has changed nothing. Giving up,
// closing and expiry cannot fail. Errors wrap the sentinels of this package.
//
// # Time
//
// A call that sets a time reads the clock once. A lease ends never before its
// deadline, and at most one tick after it, plus what Advance is late. Between
// those two moments a lingering lease can still be revived.
package core
