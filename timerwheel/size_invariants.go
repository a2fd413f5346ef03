//go:build invariants

package timerwheel

// slotBits is small here, so that nearly every id goes through several levels
// and every few ticks cross a slot's edge on one of them.
const slotBits = 2

// invariants switches on the checks that cost too much for everyday use.
const invariants = true
