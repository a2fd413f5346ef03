//go:build !amd64 || purego || race

package shard

// findInBlock is FindInOrder for a longer list.
func (ss *Sockets) findInBlock(word uint64, label uint32) Entry {
	return findLabel(ss.run(word), label)
}
