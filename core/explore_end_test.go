package core_test

// unlink takes the user of one entry off the list, or of all when the socket is closed. The clock is read while
// the user is held: a reading from before may be older than the linger that this same user brought.
func (t *lifeTurn) unlink() lifePC {
	k, closing := t.sock(), t.op().kind == opClose
	if k.busy != 0 {
		return stepBlocked
	}
	k.closed = k.closed || closing
	if t.drop != clockThenUnlink {
		t.a.now = t.s.now
	}
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

// drops begins the drop of a user. A use raises the deadline first, also where the user is not the last: between
// a last user's raise and its CAS another may join, raise linger or expires, and leave again, and the CAS would
// not notice.
func (t *lifeTurn) drops(use bool) lifePC {
	t.a.use = use
	if !use || t.drop == lastRaises || t.drop == dropThenRaise {
		return pWord
	}
	return pExpires
}

// undo drops the user of a GET that came to nothing, which is no use of the lease.
func (t *lifeTurn) undo() lifePC { return t.drops(false) }

func (t *lifeTurn) loadExpires() lifePC {
	t.a.until = t.lease().expires
	return pLinger
}

func (t *lifeTurn) loadLinger() lifePC {
	t.a.until = max(t.a.until, t.a.now+t.lease().linger)
	return pRaise
}

func (t *lifeTurn) raiseDeadline() lifePC {
	t.lease().deadline = max(t.lease().deadline, t.a.until)
	t.a.until, t.a.raised = 0, t.drop == lastRaises
	switch {
	case t.op().kind == opTouch:
		return tWord
	case t.drop == dropThenRaise:
		return t.dropped()
	}
	return pWord
}

func (t *lifeTurn) loadWordToDrop() lifePC {
	t.a.seen = t.lease().word
	if t.drop == lastRaises && t.a.use && t.a.seen.users == 1 && !t.a.raised {
		return pExpires
	}
	return pDrop
}

func (t *lifeTurn) dropUser() lifePC {
	to, filed := t.a.seen, t.a.seen.filed
	to.users--
	to.judged = to.judged && t.drop == keepJudged
	to.filed = to.filed || to.users == 0
	if !t.cas(to) {
		t.a.raised = false
		return pWord
	}
	if to.filed != filed {
		t.a.owes = t.a.ref
	}
	if t.a.held--; t.a.held == 0 {
		t.a.user = 0
	}
	if t.a.use {
		t.used()
	}
	switch {
	case t.drop == userThenList && t.a.use:
		return pLate
	case t.drop == dropThenRaise && t.a.use:
		return pExpires
	}
	return t.dropped()
}

// used is where a use takes effect.
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
	t.s.wheel[t.a.ref-1] = t.lease().deadline + 1
	t.s.lock, t.a.owes = 0, 0
	return t.dropped()
}

// loadJudged ends a use by somebody without a user. Judged unset here: the expirer that sets it later reads the
// deadline after that, and so sees it raised.
func (t *lifeTurn) loadJudged() lifePC {
	t.a.seen = t.lease().word
	switch {
	case t.a.seen.phase != phaseLive:
		return stepDone
	case t.a.seen.judged && t.drop != touchLeavesJudged:
		return tClear
	}
	t.used()
	return stepDone
}

func (t *lifeTurn) clearJudged() lifePC {
	to := t.a.seen
	to.judged = false
	if !t.cas(to) {
		return tWord
	}
	t.used()
	return stepDone
}
