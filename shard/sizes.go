//go:build !invariants

package shard

// Invariants says whether the extra checks of the invariants tag are built in.
const Invariants = false

// touched stands before looks at slots; see sizes_invariants.go.
func touched() {}

const (
	chunkBits   = 10 // slots of a chunk
	pageBits    = 8  // cells of an index page
	segmentBits = 9  // buckets of a segment of flows
)
