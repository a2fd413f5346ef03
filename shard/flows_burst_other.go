//go:build !amd64 || !(linux || darwin) || purego || race

package shard

func (s *keyed) hashAll(keys []Key, hashes []hashed) { s.hashAllPlain(keys, hashes) }

func (l *FlowLookups) touchAll(first, n int) { l.touchAllPlain(first, n) }

func (l *FlowLookups) differing(first, n int) uint64 { return l.differingPlain(first, n) }
