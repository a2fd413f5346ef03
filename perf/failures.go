package main

import (
	"fmt"
	"sync/atomic"
)

// failures counts what the engine and the model disagree on, and keeps the first
// of it. Anybody may report.
type failures struct {
	count atomic.Int64
	first atomic.Pointer[string] // set once, by CAS; loaded when all have ended
	stop  atomic.Bool            // tells workers and controllers to end; any order will do
}

func (f *failures) report(format string, args ...any) {
	f.count.Add(1)
	text := fmt.Sprintf(format, args...)
	f.first.CompareAndSwap(nil, &text)
	f.stop.Store(true)
}

// text returns the first mismatch, empty if there is none.
func (f *failures) text() string {
	if first := f.first.Load(); first != nil {
		return *first
	}
	return ""
}
