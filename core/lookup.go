package core

// ShareOf returns the share mode of the lease that a label of the namespace has,
// lingering or in use; None when nobody leases it. Call it between Enter and Exit.
// While another goroutine ends the lease, its mode may be seen for a moment longer; but
// not after a Get, Leases or Purge has told that it is gone.
//
// Cost: a cache line of the index. No lock, allocation, shared write, system call or
// clock reading.
func (r *Reader) ShareOf(n *Namespace, label Label) Share {
	return Share(n.index.Share(uint32(label)))
}

// ShareOfBurst writes what ShareOf says of each label into out, which is at least
// as long as labels. A lookup is so short that the processor works on many at once by
// itself.
func (r *Reader) ShareOfBurst(n *Namespace, labels []Label, out []Share) {
	x, out := n.index, out[:len(labels):len(out)]
	for i, label := range labels {
		out[i] = Share(x.Share(uint32(label)))
	}
}

// Reply is a kind of packet that is sent in answer to another, by no socket.
type Reply uint8

// The kinds of replies that Settings.Reflect tells apart.
const (
	ResetReply Reply = iota // a TCP reset for a packet that no socket wants
	EchoReply               // an ICMPv6 echo reply
)

// Reply returns the label of a reply: received, the label of the packet that it
// answers, if Settings.Reflect says so and it is not 0; else an automatic one,
// as for a socket that has made no choice. t is the flow of the reply itself.
// Call it between Enter and Exit.
//
// Cost: a load, and a keyed hash for an automatic label. No lock, no allocation.
func (r *Reader) Reply(n *Namespace, kind Reply, t Tuple, received Label) Label {
	settings := n.packed.Load()
	bit := uint32(ReflectReset)
	if kind == EchoReply != faulty(faultReplyBits) {
		bit = ReflectEcho
	}
	if received &= MaxLabel; (received != 0 || faulty(faultReplyOfNothing)) && settings>>reflectShift&bit != 0 {
		return received
	}
	return r.eng.autoKey.auto(n, 0, &t.key)
}
