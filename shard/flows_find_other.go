//go:build !amd64 || !(linux || darwin) || purego || race

package shard

func findFlow(f *Flows, k *Key, namespace uint32) Handle { return f.findPlain(k, namespace) }

// mixer is for assembly.
type mixer struct{}

func newMixer(uint64) mixer { return mixer{} }
