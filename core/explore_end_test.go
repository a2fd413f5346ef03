package core_test

// unlink takes the user of one entry off the list, or of all when the socket is closed.
func (t *lifeTurn) unlink() lifePC {
	k, closing := t.sock(), t.op().kind == opClose
	if k.busy != 0 {
		return stepBlocked
	}
	k.closed = k.closed || closing
	for i, n := range k.list {
		if n == 0 {
			continue
		}
		t.hold(uint8(i) + 1)
		t.a.user, t.a.held = t.a.ref, 1
		if closing {
			t.a.held = n
		}
		if t.drop != userThenList {
			k.list[i] -= t.a.held
		}
		return t.drops(true)
	}
	return stepDone
}

// drops begins the drop of a user. A last user raises the deadline first, for himself and for all who have left
// before he set the mark; whoever is not the last leaves it to the last.
func (t *lifeTurn) drops(use bool) lifePC {
	t.a.use, t.a.raises = use, use
	return pWord
}

// undo drops the user of a GET that came to nothing, which is no use of the lease.
func (t *lifeTurn) undo() lifePC { return t.drops(false) }

func (t *lifeTurn) loadWordToDrop() lifePC {
	w := t.lease().word
	t.a.seen = w
	switch {
	case w.users != 1 || t.drop == dropThenRaise:
		return pDrop
	case !w.watched && t.drop == undoForgets && !t.a.use:
		return pDrop
	case !w.watched && t.drop == clockThenMark:
		t.a.now, t.a.raises = t.s.now, true
		return pMark
	case !w.watched && t.drop != unmarked:
		t.a.raises = true
		return pMark
	case t.a.raises || !w.watched:
		return pClock
	}
	return pDrop
}

func (t *lifeTurn) mark() lifePC {
	to := t.a.seen
	to.watched = true
	if !t.cas(to) {
		return pWord
	}
	t.a.seen = to
	return pClock
}

func (t *lifeTurn) readClock() lifePC {
	if t.drop != clockThenMark && t.drop != clockThenUnlink {
		t.a.now = t.s.now
	}
	return pLinger
}

func (t *lifeTurn) loadLinger() lifePC {
	t.a.until = t.a.now + t.lease().linger
	return pRaise
}

func (t *lifeTurn) raiseDeadline() lifePC {
	t.lease().expires = max(t.lease().expires, t.a.until)
	t.a.until = 0
	switch {
	case t.op().kind == opTouch && t.drop == touchLooksOnce && !t.a.seen.watched:
		t.used()
		return stepDone
	case t.op().kind == opTouch:
		return tWord
	case t.drop == dropThenRaise:
		return t.dropped()
	}
	return pDrop
}

func (t *lifeTurn) dropUser() lifePC {
	to, filed := t.a.seen, t.a.seen.filed
	to.users--
	to.watched = to.watched && (t.drop == keepMark || t.drop == joinKeepsMark && to.users > 0)
	to.filed = to.filed || to.users == 0
	if !t.cas(to) {
		return pWord
	}
	if to.filed != filed {
		t.a.owes = t.a.ref
	}
	if t.a.held--; t.a.held == 0 {
		t.a.user = 0
	}
	if t.a.use {
		if to.users > 0 || t.drop == dropThenRaise {
			t.a.now = t.s.now
		}
		t.used()
	}
	switch {
	case t.drop == userThenList && t.a.use:
		return pLate
	case t.drop == dropThenRaise && to.users == 0:
		return pLinger
	}
	return t.dropped()
}

// used is where a use takes effect: for the last user when he reads the clock, for others when they go.
func (t *lifeTurn) used() {
	l := t.lease()
	l.lastUse, l.wasUsed = max(l.lastUse, t.a.now), true
}

func (t *lifeTurn) unlinkLate() lifePC {
	t.sock().list[t.a.ref-1]--
	return t.dropped()
}

// dropped goes on after the drop of a user: filing, the next user, or the end.
func (t *lifeTurn) dropped() lifePC {
	switch {
	case t.a.owes != 0:
		if t.drop == sectionToCAS {
			t.exit()
		}
		return pLock
	case t.a.held > 0:
		return t.drops(t.a.use)
	}
	return stepDone
}

// lockWheel takes the wheel's lock and keeps it until the id is filed.
func (t *lifeTurn) lockWheel() lifePC {
	if t.s.lock != 0 {
		return stepBlocked
	}
	t.s.lock = t.id + 1
	if t.drop == fileUnchecked {
		return pFile
	}
	return pCheck
}

func (t *lifeTurn) checkDead() lifePC {
	if t.lease().word.phase == phaseDead {
		t.s.lock, t.a.owes = 0, 0
		return t.dropped()
	}
	return pFile
}

func (t *lifeTurn) file() lifePC {
	if t.s.wheel[t.a.ref-1] != 0 {
		t.fail(harmMisfiled)
	}
	t.s.wheel[t.a.ref-1] = t.lease().expires + 1
	t.s.lock, t.a.owes = 0, 0
	return t.dropped()
}

// loadMark is what a use by somebody without a user does. While the lease has users they see to its deadline. Not
// watched here: whoever sets the mark later looks at the deadline or the clock after that, or has had a user since.
func (t *lifeTurn) loadMark() lifePC {
	w := t.lease().word
	t.a.seen = w
	switch {
	case w.phase != phaseLive:
		return stepDone
	case w.users == 0 && !t.a.raises:
		t.a.raises = true
		return pLinger
	case w.watched && t.drop != touchLeavesMark:
		return tClear
	}
	t.used()
	return stepDone
}

func (t *lifeTurn) clearMark() lifePC {
	to := t.a.seen
	to.watched = false
	if !t.cas(to) {
		return tWord
	}
	t.used()
	return stepDone
}
