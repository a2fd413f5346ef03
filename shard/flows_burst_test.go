package shard

// Burst is a usual number of keys.
const Burst = 32

// FindBurst writes the socket that the flow of each key is bound to, or 0, into found.
func (f *Flows) FindBurst(keys []Key, found []Handle) {
	var l FlowLookups
	l.Begin(f)
	InStep(len(keys),
		func(from, to int) {
			for i := from; i < to; i++ {
				l.Keys[i%OnTheWay] = keys[i]
			}
			l.Hash(from, to)
		},
		l.Touch,
		func(from, to int) {
			l.Compare(from, to)
			for i := from; i < to; i++ {
				found[i] = l.Sockets[i%OnTheWay]
			}
		})
}
