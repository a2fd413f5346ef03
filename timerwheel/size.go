//go:build !invariants

package timerwheel

// slotBits is the number of tick bits that one level resolves: 64 slots, so
// that one machine word says which of them are occupied.
const slotBits = 6

// invariants switches on the checks that cost too much for everyday use.
const invariants = false
