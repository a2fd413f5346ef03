package core

import "github.com/flowlabel/flowlabel/shard"

// bursts is where a reader keeps what is on its way in a burst: number i in place
// i%shard.OnTheWay; see shard.InStep. It stands in the reader, and not on the
// stack, where it would have to be cleared for each burst.
type bursts struct {
	flows    shard.FlowLookups
	keys     [shard.OnTheWay]shard.Key // of packets
	labels   shard.LabelLookups
	sockets  [shard.OnTheWay]uint32  // slots, 0 for none
	verdicts [shard.OnTheWay]Verdict // of packets that have been parsed
}

// place is the place of number i.
func place(i int) int { return i & (shard.OnTheWay - 1) }

// keysFrom returns the keys of n packets, of which the first is number from.
func (b *bursts) keysFrom(from, n int) []shard.Key { return b.keys[place(from):][:n] }

// parse reads the tuples of packets, or of the other direction, and returns them.
func (b *bursts) parse(packets [][]byte, reversed bool, from int) []shard.Key {
	keys, verdicts := b.keysFrom(from, len(packets)), b.verdicts[place(from):][:len(packets)]
	for i := range packets {
		verdicts[i] = parse(packets[i], &keys[i])
		if reversed {
			keys[i].Reverse()
		}
	}
	return keys
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
	b.flows.Begin(e.flows, n.id)
	shard.InStep(len(packets),
		func(from, to int) { shard.PrefetchBytes(packets[from:to]) },
		func(from, to int) { b.flows.Hash(b.parse(packets[from:to], reversed, from), from) },
		func(from, to int) {
			b.flows.Touch(b.keysFrom(from, to-from), from)
			e.sockets.FetchOf(b.flows.Sockets[place(from):][:to-from])
		},
		func(from, to int) {
			b.flows.Compare(b.keysFrom(from, to-from), from)
			e.sockets.FetchOf(b.flows.Sockets[place(from):][:to-from])
		},
		last)
}
