package shard

// A flow shows a label where it stands in the table, beside its key, so that a packet
// with that label need not go to the socket, which is another line of memory: a packet
// in a burst took 35 ns among a million flows with it, and 53 without (BenchmarkPacket of
// bench/).
//
// Only a flow does that is the only one of its socket, as those of connected sockets
// are. It shows the first label of the socket's list, if the list stands in the socket
// itself and the label's lease has no headers. What is shown is on the list, too: it is
// shown after the entry was stored, and hidden before the entry goes, or the socket, or
// before a second flow comes. So a reader that sees it has seen the socket open and
// the entry on its list, at the time when it read the word that names the flow.
//
// A late reader may see in a segment that has been replaced what was shown when it was.
// It has loaded that segment's word before, so for the lookup it is as if it had come
// before the flow moved.
//
// Changes of what is shown happen under the socket's mu, with the lock of the flow's
// segment inside.

// What a bucket's entry says of the label: the upper half.
const (
	// ShownMark stands beside a label that is shown, so that none is something else
	// than label 0.
	ShownMark = LabelSpace

	shownMask  = ShownMark + LabelSpace - 1
	shownShift = 32
)

// toShow returns what the only flow of a socket shows, marked, or 0. Publish stores the
// entry before it loads the flow's bucket, Bind the other way round, each with a fence
// between the two: so one of them sees both.
func (s *Socket) toShow() uint32 {
	e := Entry(s.own[0].Load())
	if s.word.Load()&blockMask != 0 || e == 0 || e.Headers() || s.Hides {
		return 0
	}
	return ShownMark | e.Label()
}

// show has the socket's only flow show what it should. Its caller holds mu.
func (f *Flows) show(s *Socket) {
	s.shows = false
	only := s.flows
	if only == 0 || f.At(only).next != 0 {
		return
	}
	label := s.toShow()
	s.shows = f.paint(only, label) && label != 0
}

// hide has no flow of the socket show anything. Its caller holds mu.
func (f *Flows) hide(s *Socket) {
	if s.shows {
		f.paint(s.flows, 0)
		s.shows = false
	}
}

// paint writes what a flow shows into its bucket. It returns false when it has none, not
// yet or no more. The flow is on its socket's list, whose mu its caller holds.
func (f *Flows) paint(slot, label uint32) bool {
	b, lock := f.holdFlow(slot, f.At(slot))
	if b == 0 {
		return false
	}
	entry := &f.segments.At(b)[entryWord]
	e := entry.Load() &^ (shownMask << shownShift)
	entry.Store(e | uint64(label)<<shownShift) // pairs with the loads of readers
	lock.Unlock()
	return true
}
