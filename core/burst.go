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
func place(i int) int { return i % shard.OnTheWay }

// parse reads the tuples of packets, or of the other direction.
func (b *bursts) parse(packets [][]byte, reversed bool, from, to int) {
	for i := from; i < to; i++ {
		key := &b.keys[place(i)]
		b.verdicts[place(i)] = parse(packets[i], key)
		if reversed {
			key.Reverse()
		}
	}
}

// askSockets asks memory for the sockets of the flows that were found.
func (b *bursts) askSockets(e *Engine, from, to int) {
	for i := from; i < to; i++ {
		b.sockets[place(i)] = b.flows.Sockets[place(i)].Slot()
	}
	e.sockets.Fetch(b.sockets[place(from):][:to-from])
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
		func(from, to int) {
			b.parse(packets, reversed, from, to)
			b.flows.Hash(b.keys[place(from):][:to-from], from)
		},
		b.flows.Touch,
		func(from, to int) {
			b.flows.Compare(b.keys[place(from):][:to-from], from)
			b.askSockets(e, from, to)
		},
		last)
}
