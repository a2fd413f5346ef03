package core_test

func (t *lifeTurn) loadCell() lifePC {
	t.hold(t.s.cell)
	if t.drop == sectionToLookup {
		t.exit()
	}
	if t.a.ref != 0 {
		return gWord
	}
	return t.absent()
}

// absent is where a request goes that found no live lease.
func (t *lifeTurn) absent() lifePC {
	if t.op().kind == opGet {
		return gQuota
	}
	return t.tell()
}

// tell is where a request goes that answers that a label is free: whoever looks into the
// cell alone must not find the dead lease there afterwards.
func (t *lifeTurn) tell() lifePC {
	if k := t.op().kind; t.a.ref != 0 && k != opRenew && t.drop != tellKeeps {
		return gClear
	}
	return t.told()
}

func (t *lifeTurn) clearFound() lifePC {
	if t.s.cell == t.a.ref {
		t.s.cell = 0
	}
	return t.told()
}

func (t *lifeTurn) told() lifePC {
	if k := t.op().kind; t.a.ref != 0 && k != opRenew && t.s.cell == t.a.ref {
		t.fail(harmTold)
	}
	return stepDone
}

func (t *lifeTurn) loadWord() lifePC {
	w, k := t.lease().word, t.op().kind
	t.a.seen = w
	switch {
	case w.phase != phaseLive:
		return t.absent()
	case k == opPurge && w.users > 0 && t.drop != purgeUsed:
		return stepDone
	case k == opPurge:
		return uKill
	case w.users == 0 && (k == opJoin || k == opRenew):
		return stepDone
	}
	return gOwner
}

func (t *lifeTurn) readOwner() lifePC {
	if t.lease().owner != t.lease().maker {
		t.fail(harmOwner)
	}
	switch {
	case t.op().kind == opTouch:
		return tWord
	case t.op().kind == opJoin && t.drop == listThenUser:
		return gSock
	case t.drop == raiseThenUser || t.op().kind == opRenew && t.drop == renewNoUser:
		return gLinger
	}
	return gTake
}

func (t *lifeTurn) takeUser() lifePC {
	to := t.a.seen
	to.watched = to.users == 0 || to.watched && (t.drop == keepMark || t.drop == joinKeepsMark)
	to.users++
	switch ok := t.cas(to); {
	case t.drop == listThenUser:
		return stepDone
	case !ok:
		return gWord
	}
	t.a.user, t.a.held = t.a.ref, 1
	if t.op().kind == opRenew {
		return gLinger
	}
	return gSock
}

// lockSock begins the part of a GET that its socket's lock covers: PUT and close of the same socket stay out
// until the entry stands and linger and expires are raised. Raised later, they would be by somebody whose user
// another PUT may have dropped by then.
func (t *lifeTurn) lockSock() lifePC {
	k := t.sock()
	switch {
	case k.busy != 0:
		return stepBlocked
	case k.closed && t.a.mine != 0:
		return gAbandon
	case k.closed:
		return t.undo()
	}
	k.busy = t.id + 1
	if t.a.mine != 0 || t.drop == raiseThenUser || t.drop == listThenRaise || t.drop == listThenUser {
		return gList
	}
	return gLinger
}

func (t *lifeTurn) raiseLinger() lifePC {
	t.lease().linger = max(t.lease().linger, t.op().linger)
	if t.op().kind == opRenew {
		t.a.now = t.s.now
	}
	return gExpires
}

func (t *lifeTurn) raiseExpires() lifePC {
	l, until := t.lease(), t.a.now+t.op().expires
	l.asked = max(l.asked, until)
	if t.op().kind == opRenew || !t.spared(l) {
		l.expires = max(l.expires, until)
	}
	switch {
	case t.op().kind == opRenew && t.drop == renewNoUser:
		return stepDone
	case t.op().kind == opRenew:
		return t.drops(true)
	case t.drop == raiseThenUser:
		return gTake
	case t.drop == listThenRaise:
		return stepDone
	}
	return gList
}

// spared says that a GET leaves expires alone, since the linger of the user that it takes lasts longer.
func (t *lifeTurn) spared(l *lifeSlot) bool {
	return t.c.spares && t.op().expires <= l.linger || t.drop == spareAll
}

func (t *lifeTurn) publish() lifePC {
	t.sock().list[t.a.ref-1]++
	t.sock().busy = 0
	t.lease().granted = true
	t.a.user, t.a.held = 0, 0
	switch {
	case t.drop == listThenUser && t.a.mine == 0:
		return gTake
	case t.drop == listThenRaise && t.a.mine == 0:
		return gLinger
	}
	return stepDone
}

func (t *lifeTurn) takeQuota() lifePC {
	if t.s.quota == t.c.limit {
		return t.tell()
	}
	t.s.quota++
	t.a.credit = true
	return gSlot
}

func (t *lifeTurn) takeSlot() lifePC {
	for i := range t.c.slots {
		if l := &t.s.slots[i]; !l.taken {
			l.taken = true
			t.a.mine = i + 1
			if t.drop == liveThenFill {
				return gLive
			}
			return gFill
		}
	}
	t.s.quota--
	t.a.credit = false
	return t.tell()
}

func (t *lifeTurn) fill() lifePC {
	l := t.s.at(t.a.mine)
	l.owner, l.linger, l.asked = t.id+1, t.op().linger, t.a.now+t.op().expires
	if !t.spared(l) {
		l.expires = l.asked
	}
	switch t.drop {
	case liveThenFill:
		return gSock
	case cellThenWord:
		return gClaim
	}
	return gLive
}

// makeLive stores the first word with the mark set. Any use clears it, and while the creator holds
// his user nobody else can set it, so this word, once changed, does not come back: a creator that must abandon
// knows by it that nobody else has had a user.
func (t *lifeTurn) makeLive() lifePC {
	l := t.s.at(t.a.mine)
	l.word = lifeWord{gen: l.word.gen, users: 1, phase: phaseLive, watched: true}
	l.maker = t.id + 1
	t.a.user, t.a.held, t.a.credit = t.a.mine, 1, false
	if t.drop == cellThenWord {
		return gSock
	}
	return gClaim
}

func (t *lifeTurn) claim() lifePC {
	if t.s.cell != t.a.ref && t.drop != blindClaim {
		return gUnmake
	}
	t.s.cell = t.a.mine
	t.s.at(t.a.mine).claimed = true
	if t.a.ref != 0 && t.drop == replacerRetires {
		t.retireSlot(t.a.ref)
	}
	t.hold(t.a.mine)
	switch t.drop {
	case cellThenWord:
		return gLive
	case liveThenFill:
		return gFill
	}
	return gSock
}

// unmake undoes a creation that nobody saw and goes to the winner.
func (t *lifeTurn) unmake() lifePC {
	l := t.s.at(t.a.mine)
	*l = lifeSlot{word: lifeWord{gen: l.word.gen}, taken: t.drop == loserKeepsSlot}
	if t.drop != loserKeepsQuota {
		t.s.quota--
	}
	t.a.mine, t.a.user, t.a.held, t.a.credit = 0, 0, 0, false
	return gCell
}

// abandon ends a lease whose creator's socket was closed meanwhile: at once if nobody else had a user of it,
// else by dropping the creator's user.
func (t *lifeTurn) abandon() lifePC {
	l := t.lease()
	first := lifeWord{gen: l.word.gen, users: 1, phase: phaseLive, watched: true}
	alone := l.word == first
	if t.drop == abandonAtOne {
		alone = l.word.users == 1
	}
	if !alone {
		t.a.mine = 0
		return t.undo()
	}
	t.a.seen = l.word
	t.a.user, t.a.held = 0, 0
	t.die()
	return t.died()
}
