//go:build !amd64 || !(linux || darwin) || purego || race || invariants

package core

import "github.com/flowlabel/flowlabel/shard"

func parsePackets(_ *[]byte, n int, _ *shard.Key, _ *uint32, _ *Verdict) (others uint64) {
	return 1<<n - 1
}

func labelPackets(_ *shard.Sockets, _ *uint32, n int, _ *Verdict, _ *shard.Handle, _ uint64, _ *Decision) (others uint64) {
	return 1<<n - 1
}
