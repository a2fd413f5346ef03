//go:build !amd64 || !(linux || darwin) || purego || race

package shard

// match returns the flow with that key in a bucket, or 0.
func (f *Flows) match(l *line, h hashed, k *Key) uint32 { return f.matchPlain(l, h, k) }
