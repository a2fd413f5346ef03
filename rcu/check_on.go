//go:build race || invariants

package rcu

// checked turns the checks for misuse on, and makes arrays as small as they
// can be, so that growing and falling back happen all the time.
const checked = true
