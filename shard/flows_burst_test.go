package shard

// Burst is a usual number of keys.
const Burst = 32

// Find is FindIn for the namespace that the key names.
func (f *Flows) Find(k *Key) Handle { return f.FindIn(k, k.namespace()) }

// FindBurst writes the socket that the flow of each key is bound to, or 0, into found.
func (f *Flows) FindBurst(keys []Key, found []Handle) {
	var l FlowLookups
	if len(keys) == 0 {
		return
	}
	l.Begin(f, keys[0].namespace(), true)
	InStep(len(keys),
		func(from, to int) { l.Hash(keys[from:to], from) },
		func(from, to int) { l.Touch(keys[from:to], from) },
		func(from, to int) {
			l.Compare(keys[from:to], from)
			for i := from; i < to; i++ {
				found[i] = l.Sockets[i%OnTheWay]
			}
		})
}
