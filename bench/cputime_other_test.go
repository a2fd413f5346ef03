//go:build !unix

package bench

import "time"

var started = time.Now()

// cpuTime is the time that has passed: too much where the process had to wait.
func cpuTime() time.Duration { return time.Since(started) }
