// Package bench lays the engine beside what else a program could use. It is a
// module of its own, so that the rivals never reach a user's go.mod.
//
// Names are Benchmark<Work>/<key=value>.../impl=<name>, so that
//
//	go test -bench . -count 5 | tee new.txt; benchstat -col /impl new.txt
//
// lays the implementations side by side.
package bench
