package shard

// Burst is a usual number of keys.
const Burst = 32

// FindBurst writes the slot of the flow of each key, or 0, into found.
func (f *Flows) FindBurst(keys []Key, found []uint32) {
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
				found[i] = l.Slots[i%OnTheWay]
			}
		})
}
