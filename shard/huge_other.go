//go:build darwin && (amd64 || arm64) && !race && !purego

package shard

// adviseHuge does nothing: huge pages are not to be had here.
func adviseHuge([]byte) {}
