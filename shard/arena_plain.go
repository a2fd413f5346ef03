//go:build (darwin || (linux && !amd64 && !arm64)) && !race && !purego

package shard

// The twin of arena_huge.go, where addresses are few or huge pages not to be
// had.

const (
	hugePage    = 1
	alignBytes  = 0
	extentBytes = 2 << 20
)

// adviseHuge does nothing.
func adviseHuge([]byte) {}
