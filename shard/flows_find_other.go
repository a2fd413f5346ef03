//go:build !amd64 || !(linux || darwin) || purego || race

package shard

func findFlow(f *Flows, k *Key, namespace uint32) Handle { return f.findPlain(k, namespace) }

// hasAVX2 is for assembly, and so is mixer.
const hasAVX2 = false

type mixer struct{}

func newMixer(uint64) mixer { return mixer{} }
