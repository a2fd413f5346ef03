//go:build purego || race

package rcu

import "math/rand/v2"

// The twin of proc_linkname.go. Nothing in the standard library tells the
// processor; a random number spreads the callers as evenly, only not as near.

// procPin returns a random number below 256 and pins nothing. Pin does not rely
// on it in this build: pinnable is false.
func procPin() int { return int(rand.Uint32() & 255) }

// procUnpin does nothing.
func procUnpin() {}
