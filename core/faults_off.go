//go:build !faults

package core

// faulty is constant false: the deliberate faults are compiled in only under
// the tag faults, where a test sees each of them found.
func faulty(fault) bool { return false }
