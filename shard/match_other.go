//go:build !amd64 || !(linux || darwin) || purego || race

package shard

// tagged returns a bit for each place of a bucket whose word has the tag.
func (l *line) tagged(tag uint32) uint32 { return l.taggedPlain(tag) }

// match returns the flow with that key in a bucket, or 0.
func (f *Flows) match(l *line, h hashed, k *Key) uint32 { return f.matchPlain(l, h, k) }
