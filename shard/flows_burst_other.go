//go:build !amd64 || !(linux || darwin) || purego || race

package shard

func (l *FlowLookups) hash(keys []Key, first int) { l.hashPlain(keys, first) }

func (l *FlowLookups) touch(keys []Key, first int) (others, shown uint64) {
	return l.touchPlain(keys, first)
}

func (l *FlowLookups) compare(keys []Key, first int, which uint64) (others, shown uint64) {
	return l.comparePlain(keys, first, which)
}
