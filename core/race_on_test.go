//go:build race

package core_test

// raceEnabled says whether the race detector watches; then there is less of
// everything.
const raceEnabled = true
