//go:build invariants

package shard

// Invariants says whether the extra checks of the invariants tag are built in.
const Invariants = true

// Small chunks and pages make growth, stealing and emptied pages common.
const (
	chunkBits   = 4
	pageBits    = 5
	segmentBits = 2
)
