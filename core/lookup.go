package core

import "github.com/flowlabel/flowlabel/shard"

// ShareOf returns the share mode of the lease that a label of the namespace has,
// lingering or in use; None when nobody leases it. Call it between Enter and Exit.
//
// Cost: two cache lines, of the index and of the lease. No lock, allocation,
// shared write, system call or clock reading.
func (r *Reader) ShareOf(n *Namespace, label Label) Share {
	return Share(n.index.Share(uint32(label)))
}

// ShareOfBurst writes what ShareOf says of each label into out, which is at least
// as long as labels. It fetches cells and leases from memory side by side.
func (r *Reader) ShareOfBurst(n *Namespace, labels []Label, out []Share) {
	l := &r.burst.labels
	shard.InStep(len(labels),
		func(from, to int) {
			for i := from; i < to; i++ {
				l.Cells[place(i)] = n.index.Cell(uint32(labels[i]))
			}
			l.Touch(from, to)
		},
		func(from, to int) { l.Read(r.eng.leases, from, to) },
		func(from, to int) {
			for i := from; i < to; i++ {
				out[i] = None
				if slot := l.Slots[place(i)]; slot != 0 {
					out[i] = Share(r.eng.leases.At(slot).ShareIfLive())
				}
			}
		})
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
