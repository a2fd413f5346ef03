//go:build !amd64 || !(linux || darwin) || purego || race

package shard

func (l *FlowLookups) hash(first, n int) { l.hashPlain(first, n) }

func (l *FlowLookups) candidates(first, n int) { l.candidatesPlain(first, n) }

func (l *FlowLookups) compare(first, n int) uint64 { return l.comparePlain(first, n) }
