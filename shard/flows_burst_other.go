//go:build !amd64 || !(linux || darwin) || purego || race

package shard

func (l *FlowLookups) touchAll(first, n int) { l.touchAllPlain(first, n) }

func (l *FlowLookups) differing(first, n int) uint64 { return l.differingPlain(first, n) }
