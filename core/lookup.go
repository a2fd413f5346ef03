package core

import "github.com/flowlabel/flowlabel/shard"

// ShareOf returns the share mode of the lease that a label of the namespace has,
// lingering or in use; None when nobody leases it. Call it between Enter and Exit.
//
// Cost: two cache lines, of the index and of the lease. No lock, allocation,
// shared write, system call or clock reading.
func (r *Reader) ShareOf(n *Namespace, label Label) Share {
	if label > MaxLabel {
		return None
	}
	slot := n.index.Lookup(uint32(label))
	if slot == 0 {
		return None
	}
	return shareOf(r.eng.leases.At(slot))
}

// ShareOfBurst writes what ShareOf says of each label into out, which is at least
// as long as labels. It fetches cells and leases from memory side by side.
func (r *Reader) ShareOfBurst(n *Namespace, labels []Label, out []Share) {
	var (
		numbers, slots [shard.Burst]uint32
		leases         shard.LeaseBurst
	)
	for len(labels) > 0 {
		m := min(shard.Burst, len(labels))
		for i, label := range labels[:m] {
			numbers[i] = uint32(label)
		}
		n.index.LookupBurst(numbers[:m], slots[:m])
		for i, slot := range slots[:m] {
			leases[i] = nil
			if slot != 0 {
				leases[i] = r.eng.leases.At(slot)
			}
		}
		leases.Prefetch(m)
		for i, l := range leases[:m] {
			out[i] = shareOf(l)
		}
		labels, out = labels[m:], out[m:]
	}
}

// shareOf returns the mode of a lease that an index names, nil for none.
func shareOf(l *shard.Lease) Share {
	if l == nil || !l.Live() {
		return None
	}
	return Share(l.Share)
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
