package timerwheel

import "sync/atomic"

// Node is what one id needs to stand in a [Wheel]: its place in a list and its
// deadline, 12 bytes without a Go pointer. It lies in the caller's memory,
// which may be outside of the collector's reach, and is lent to a wheel by
// [Wheel.SetPage]. The zero value is not filed and has deadline 0.
//
// The links belong to the wheel: only its owner reads and writes them. The
// deadline is shared: see [Node.Reset] and [Node.Extend]. A Node must not be
// copied or moved while it is filed.
type Node struct {
	// next is the id behind this one in its list, 0 at the end.
	next uint32
	// prev is the id before this one, or headMark with list and lane for
	// the first of a list, or 0 when the node is not filed. So one word tells
	// both whether an id is filed and what to mend when it is taken out.
	prev uint32
	// deadline is stored by Reset, raised by the CAS of Extend and loaded by
	// the wheel when it files the id and when it reaches it. Nothing else is
	// published through it.
	deadline atomic.Uint32
}

// Reset sets the deadline, in ticks modulo 2^32. It may move it either way, so
// it is allowed only while the node is not filed and no other goroutine can
// reach it: before the id is handed out for the first time, or again.
func (n *Node) Reset(deadline uint32) {
	// Pairs with the loads in Extend, Deadline and the wheel. Whoever makes
	// the node reachable afterwards also publishes this store.
	n.deadline.Store(deadline)
}

// Extend moves the deadline to the given tick if that is later and reports
// whether it did; it never moves it back. Later means less than 2^31 ticks
// ahead of the deadline the node has, so a node wants one Reset in its life
// before the first Extend.
//
// Any goroutine may call it at any time, without the wheel's lock, whether the
// node is filed or not. A wheel that has filed the id finds it at the old
// deadline and files it again. An Extend that comes while the wheel fires the
// id moves the deadline but not the verdict: the callback has to look at what
// the caller keeps of its own before it ends anything.
func (n *Node) Extend(deadline uint32) bool {
	for {
		// The load and the CAS pair with other Extends (the largest wins) and
		// with the wheel's load of the deadline when it reaches the id.
		old := n.deadline.Load()
		if !after(deadline, old) {
			return false
		}
		if n.deadline.CompareAndSwap(old, deadline) {
			return true
		}
	}
}

// Deadline returns the deadline, in ticks modulo 2^32. Any goroutine may call
// it at any time.
func (n *Node) Deadline() uint32 {
	// Pairs with the store in Reset and the CAS in Extend.
	return n.deadline.Load()
}

// after reports whether tick a comes after tick b: whether a lies 1 to 2^31-1
// ticks ahead of b, modulo 2^32.
func after(a, b uint32) bool {
	return int32(a-b) > 0
}
