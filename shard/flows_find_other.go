//go:build !amd64 || !(linux || darwin) || purego || race

package shard

// find is Find for a key whose last word is last.
func (f *Flows) find(k *Key, last uint64) Handle { return f.findPlain(k, last) }

// mixer is for assembly.
type mixer struct{}

func newMixer(uint64) mixer { return mixer{} }
