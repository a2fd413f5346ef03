//go:build amd64 && (linux || darwin) && !purego && !race && !invariants

package core

import "github.com/flowlabel/flowlabel/shard"

// Here is what a burst does for some packets at once, with one call for all, if they are
// as most packets are. With it a packet in a burst of 32 took 34.8 ns among a million
// flows, and 39.1 without (BenchmarkPacket of bench/). The others have their way in burst.go: the twins, in
// burst_other.go, leave all packets to that.

// parsePackets does for n packets, 64 at most, what parse does for those without
// extension headers that are TCP's or UDP's, and that say how long they are: they have
// ports. It writes what they ask for as well. For the others it returns a bit each, the
// lowest for the first.
//
//go:noescape
func parsePackets(packets *[]byte, n int, keys *shard.Key, asked *uint32, verdicts *Verdict) (others uint64)

// labelPackets decides about n packets that have been parsed and whose flows have been
// looked up, 64 at most, under policyEnforced: about those whose flow shows the label that
// they ask for, which have a bit in shown; and about those whose label comes first on a
// list that stands in the socket, without headers, and is no ping socket's. For the others
// it returns a bit each, the lowest for the first.
//
//go:noescape
func labelPackets(sockets *shard.Sockets, asked *uint32, n int, verdicts *Verdict, found *shard.Handle, shown uint64, out *Decision) (others uint64)
