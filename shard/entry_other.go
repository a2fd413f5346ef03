//go:build !amd64 || !(linux || darwin) || purego || race

package shard

const glances = false

func findEntry(ss *Sockets, s *Socket, generation, label uint32) (Entry, bool) {
	return findOrdered(ss, s, generation, label)
}
