//go:build !purego && !race

package rcu

import _ "unsafe" // for go:linkname

// procPin keeps the calling goroutine on its processor (a P of Go's scheduler)
// until procUnpin and returns that processor's number, from 0 below GOMAXPROCS.
// Until then the goroutine must not park, panic or make a system call.
//
// Sound because the runtime promises for both functions, in a comment of its
// own, that neither name nor signature will change for those who link to them.
//
//go:linkname procPin runtime.procPin
func procPin() int

// procUnpin undoes one procPin.
//
//go:linkname procUnpin runtime.procUnpin
func procUnpin()
