//go:build invariants

package shard

// Invariants says whether the extra checks of the invariants tag are built in.
const Invariants = true

// Touched, when set, is called just before the word of a socket is looked at, that
// of a lease to be described, and the handle in a bucket, and before the bucket of a flow
// that is to be changed is locked. A test sets it, while nobody
// else is at work, to see what keeps the slots' memory at that moment, or to change
// what is being looked at.
var Touched func()

func touched() {
	if Touched != nil {
		Touched()
	}
}

// Small chunks and pages make growth, stealing and emptied pages common.
const (
	chunkBits   = 4
	pageBits    = 5
	segmentBits = 4
)
