package core

import (
	"math/bits"

	"github.com/flowlabel/flowlabel/shard"
)

// bursts is where a reader keeps what is on its way in a burst: number i in place
// i%shard.OnTheWay; see shard.InStep. It stands in the reader, and not on the
// stack, where it would have to be cleared for each burst.
type bursts struct {
	flows    shard.FlowLookups
	keys     [shard.OnTheWay]shard.Key // of packets
	sockets  [shard.OnTheWay]uint32    // slots, 0 for none
	verdicts [shard.OnTheWay]Verdict   // of packets that have been parsed
}

// place is the place of number i.
func place(i int) int { return i & (shard.OnTheWay - 1) }

// keysFrom returns the keys of n packets, of which the first is number from.
func (b *bursts) keysFrom(from, n int) []shard.Key { return b.keys[place(from):][:n] }

// parse reads the tuples of packets, or of the other direction, and returns them.
func (b *bursts) parse(packets [][]byte, reversed bool, from int) []shard.Key {
	keys, verdicts := b.keysFrom(from, len(packets)), b.verdicts[place(from):][:len(packets)]
	asked := b.flows.Asked[place(from):][:len(packets)]
	for m := parsePackets(&packets[0], len(packets), &keys[0], &asked[0], &verdicts[0]); m != 0; m &= m - 1 {
		i := bits.TrailingZeros64(m)
		if verdicts[i] = parse(packets[i], &keys[i]); verdicts[i] == Allowed {
			asked[i] = shard.ShownMark | uint32(labelOf(packets[i]))
		}
	}
	if reversed {
		for i := range keys {
			keys[i].Reverse()
			asked[i] = ^uint32(0) // the socket is wanted, whatever its flow shows
		}
	}
	return keys
}

// label decides about the packets with numbers in [from, to), which have been parsed and
// looked up. What a flow shows, and what labelPackets allows, is allowed under any policy,
// should that change now, and its lease was held then; but a namespace that is closed by
// now need not be the one whose flows were found, hence the policy first.
func (b *bursts) label(e *Engine, n *Namespace, packets [][]byte, out []Decision, from, to int) {
	packets, out = packets[from:to], out[from:to:len(out)]
	keys, verdicts, found := b.keysFrom(from, to-from), b.verdicts[place(from):], b.flows.Sockets[place(from):]
	others, shown := uint64(1)<<len(packets)-1, uint64(0)
	if n.policy.Load() == policyEnforced {
		shown = b.flows.Shown >> place(from)
		others = labelPackets(e.sockets, &b.flows.Asked[place(from)], len(packets), &verdicts[0], &found[0], shown, &out[0])
	}
	for ; others != 0; others &= others - 1 {
		i := bits.TrailingZeros64(others)
		switch v := verdicts[i]; {
		case v != Allowed:
			out[i] = Decision{Verdict: v}
		case shown>>i&1 != 0:
			out[i] = Decision{Label: labelOf(packets[i]), Verdict: Allowed, lease: bareLease}
		default:
			out[i] = e.label(n, packets[i], found[i], &keys[i])
		}
	}
}

// ask asks memory for sockets.
func (b *bursts) ask(e *Engine, sockets []Socket, from, to int) {
	for i := from; i < to; i++ {
		b.sockets[place(i)] = sockets[i].id
	}
	e.sockets.Fetch(b.sockets[place(from):][:to-from])
}

// find takes packets, or the packets that they answer, to their sockets, and hands
// them to last some at a time. The sockets of packets that cannot be parsed
// mean nothing.
func (b *bursts) find(e *Engine, n *Namespace, packets [][]byte, reversed bool, last func(from, to int)) {
	b.flows.Begin(e.flows, n.id, true)
	shard.InStep(len(packets),
		func(from, to int) { shard.PrefetchBytes(packets[from:to]) },
		func(from, to int) { b.flows.Hash(b.parse(packets[from:to], reversed, from), from) },
		func(from, to int) { b.flows.Touch(b.keysFrom(from, to-from), from) },
		func(from, to int) { b.flows.Compare(b.keysFrom(from, to-from), from) },
		last)
}
