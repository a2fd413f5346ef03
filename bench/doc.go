// Package bench lays the engine beside what else a program could use, in Go and
// in C, and beside the kernel. It is a module of its own, so that the rivals never
// reach a user's go.mod. README.md says how to run it and how to read it.
//
// Names are Benchmark<Work>/<key=value>.../impl=<name>, so that benchstat -col
// /impl lays the implementations side by side.
//
// # How a read benchmark works
//
// Package order has the keys: one order of 4,194,304 draws, the same for every
// rival and in every run. A rival is a loop over a stretch of keys, which returns
// the sum of what it found; the harness gives each goroutine a part of the order,
// goes round it, and compares the sums with what is right. The first run of each
// fails if the loop allocates.
//
// Whatever touches the engine stands in the files engine_*_test.go.
package bench
