package core

import "github.com/flowlabel/flowlabel/shard"

// Label is the whole path of one packet that is about to be sent: it reads the
// 5-tuple, finds the socket that the flow is bound to in the namespace, decides
// as Send does, and writes the label into the packet. The packet's own label is
// what its sender asks for; with 0 it asks for nothing. So a packet that is sent a
// second time has to begin with the label that it had the first time, which may
// not be one that it was given.
//
// The packet is written to only where its label changes, and only in the 20 bits
// of the label. A packet that may not be sent, or whose flow cannot be told or is
// not bound, is left as it is. With AllowedWithHeaders the lease has extension
// headers, which the caller has to insert before it sends: see Headers.Insert. Call
// it between Enter and Exit.
//
// Cost: a parse, a lookup as in Find, and a decision as in Send. No lock,
// allocation, shared write, system call or clock reading.
func (r *Reader) Label(n *Namespace, packet []byte) Decision {
	var key shard.Key
	if v := parse(packet, &key); v != Allowed {
		return Decision{Verdict: v}
	}
	return r.eng.label(n, packet, r.flows.FindIn(&key, n.id), &key)
}

// LabelBurst does what Label does for each packet and writes the decisions into
// out, which is at least as long as packets. It is the normal way for a packet
// processor: it fetches packets, buckets and sockets from memory side by
// side. It is fastest where a socket has one flow and its packets carry the label that
// it leased first: the flow shows that label, and nobody looks at the socket.
func (r *Reader) LabelBurst(n *Namespace, packets [][]byte, out []Decision) {
	b := &r.burst
	b.find(r.eng, n, packets, false, func(from, to int) { b.label(r.eng, n, packets, out, from, to) })
}

// label decides about a packet whose flow has been looked up, and rewrites it. Most
// packets have a label that is checked and that comes first on their socket's list:
// what labelAny, sendPacket and sendWith have to say about those is said here.
func (e *Engine) label(n *Namespace, packet []byte, found shard.Handle, key *shard.Key) Decision {
	if found != 0 && n.policy.Load() == policyEnforced {
		s, asked := e.sockets.At(found.Slot()), labelOf(packet)
		if s.First(found.Generation(), uint32(asked)) != 0 && Protocol(s.Protocol) != Ping {
			return Decision{Label: asked, Verdict: Allowed, lease: bareLease}
		}
	}
	return e.labelAny(n, packet, found, key)
}

// labelAny is label for all but the commonest case.
func (e *Engine) labelAny(n *Namespace, packet []byte, found shard.Handle, key *shard.Key) Decision {
	if found == 0 {
		return Decision{Verdict: Unbound}
	}
	if n.ended() {
		return Decision{Verdict: Stale}
	}
	s := n.socketOf(e.sockets, found)
	asked := labelOf(packet)
	d := e.sendPacket(s, key, asked)
	if d.Label != asked && d.sent() {
		setLabel(packet, d.Label)
	}
	return d
}

// sendPacket is send for a packet whose own label is what is asked for.
func (e *Engine) sendPacket(s Socket, key *shard.Key, asked Label) Decision {
	switch {
	case !s.slot.Open(s.generation):
		return Decision{Verdict: Stale}
	case asked == 0:
		return e.sendCurrent(s, key, false)
	}
	return e.sendWith(s, asked)
}

// Receive is the whole path of one packet that came in: it reads the 5-tuple,
// finds the socket to which the flow in the other direction is bound, and notes
// the packet's label there as Socket.Received does. It returns Allowed, or
// Malformed, NoPorts, Unbound or Stale if there was nothing to note. Call it
// between Enter and Exit.
//
// Cost: as Label; and where the label differs from what is noted, a store to the
// line that senders of the socket read.
func (r *Reader) Receive(n *Namespace, packet []byte) Verdict {
	var key shard.Key
	if v := parse(packet, &key); v != Allowed {
		return v
	}
	key.Reverse()
	return r.eng.receive(n, packet, r.flows.FindIn(&key, n.id))
}

// ReceiveBurst does what Receive does for each packet and writes the verdicts
// into out, which is at least as long as packets.
func (r *Reader) ReceiveBurst(n *Namespace, packets [][]byte, out []Verdict) {
	r.burst.find(r.eng, n, packets, true, func(from, to int) {
		for i := from; i < to; i++ {
			if out[i] = r.burst.verdicts[place(i)]; out[i] == Allowed {
				out[i] = r.eng.receive(n, packets[i], r.burst.flows.Sockets[place(i)])
			}
		}
	})
}

// receive notes the label of a packet whose flow has been looked up.
func (e *Engine) receive(n *Namespace, packet []byte, found shard.Handle) Verdict {
	if found == 0 {
		return Unbound
	}
	s := n.socketOf(e.sockets, found)
	if n.ended() || !s.slot.Open(s.generation) {
		return Stale
	}
	if label := labelOf(packet); !s.noted(label) {
		s.note(label)
	}
	return Allowed
}
