//go:build !amd64 || !(linux || darwin) || purego || race || invariants

package core

// verdict is verdictPlain. If it were inlined into Check, that would not fit into its
// callers any more.
//
//go:noinline
func verdict(s Socket, label Label) Verdict { return verdictPlain(s, label) }
