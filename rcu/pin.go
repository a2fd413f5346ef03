package rcu

// Section is a read-side section that Pin began. It is a value, used by the
// goroutine that got it, and ended once.
type Section struct {
	rec    *record
	pinned bool
}

// Pin begins a section for a caller that has no Reader; Unpin ends it. It costs
// a few nanoseconds where the caller can be pinned to its processor, as much as Borrow
// elsewhere: under race and purego, off Linux on amd64, and on a processor whose
// number is beyond the records made at New (GOMAXPROCS may be raised later).
//
// Until Unpin the goroutine must do nothing that can fail, wait or take long:
// no lock, no channel, no system call, no allocation, no panic, no call of code
// it does not know, no second Pin. A park or a panic in there may end the
// process. Copy the answer out, then decide.
func (d *Domain) Pin() Section {
	if pinnable {
		p := procPin()
		if p < len(d.pinned.records) {
			rec := &d.pinned.records[p]
			if checked {
				rec.checkPin()
			}
			rec.enter()
			return Section{rec: rec, pinned: true}
		}
		procUnpin()
	}
	return Section{rec: d.Borrow().rec}
}

// Unpin ends the section.
func (s Section) Unpin() {
	if checked {
		s.checkUnpin()
	}
	s.rec.exit()
	// The record is the processor's until here: while pinned nobody else runs on
	// it, and whoever runs next has synchronised with us through the scheduler.
	if s.pinned {
		procUnpin()
	}
}

// checkPin panics if the processor's record is in a section already.
func (rec *record) checkPin() {
	if rec.state.load() != 0 {
		procUnpin()
		panic("rcu: nested Pin")
	}
}

// checkUnpin panics if the section has ended already.
func (s Section) checkUnpin() {
	if s.rec.state.load() == 0 {
		panic("rcu: Unpin without Pin")
	}
}
