package core_test

// reach takes the wheel's lock for the lowest id that is due. The lock is held until drop, refile or death.
func (t *lifeTurn) reach() lifePC {
	if t.s.lock != 0 {
		return stepBlocked
	}
	for i, at := range t.s.wheel {
		if at != 0 && at-1 <= t.s.now {
			t.s.lock, t.a.now = t.id+1, t.s.now
			t.hold(uint8(i) + 1)
			return eWord
		}
	}
	return stepBlocked
}

// refile leaves the id in the wheel for time at, or takes it out.
func (t *lifeTurn) refile(at int8) {
	t.s.wheel[t.a.ref-1] = at
	t.s.lock = 0
}

func (t *lifeTurn) loadWordToJudge() lifePC {
	t.a.seen = t.lease().word
	switch {
	case t.a.seen.phase != phaseLive:
		t.refile(0)
		return eIdle
	case t.a.seen.users > 0 && t.drop != expireUsed:
		return eDrop
	}
	return eLook
}

func (t *lifeTurn) dropID() lifePC {
	if t.drop == blindFiled {
		t.a.seen = t.lease().word
	}
	to := t.a.seen
	to.filed = false
	if !t.cas(to) {
		return eWord
	}
	t.refile(0)
	return eIdle
}

func (t *lifeTurn) readDeadline() lifePC {
	switch again := t.a.pc == eAgain; {
	case t.lease().expires > t.a.now && t.drop == refileAsFound:
		t.s.lock = 0
		return eIdle
	case t.lease().expires > t.a.now:
		t.refile(t.lease().expires + 1)
		return eIdle
	case again:
		return eKill
	case t.drop == unwatched:
		return eAgain
	}
	return eJudge
}

func (t *lifeTurn) judge() lifePC {
	to := t.a.seen
	to.watched = true
	if !t.cas(to) {
		return eWord
	}
	t.a.seen = to
	if t.drop == readOnce {
		return eKill
	}
	return eAgain
}

func (t *lifeTurn) kill() lifePC {
	if t.lease().word != t.a.seen {
		return eWord
	}
	t.die()
	t.refile(0)
	return t.died()
}

// die makes the lease dead, whose word the actor has seen.
func (t *lifeTurn) die() {
	l := t.lease()
	purged := t.id != lifeExpirer && t.op().kind == opPurge
	if l.due() > t.s.now && !purged {
		t.fail(harmEarly)
	}
	l.word.phase, l.word.filed, l.word.watched = phaseDead, false, false
	t.a.mine, t.a.credit, t.a.seen = t.a.ref, true, lifeWord{}
}

// died begins what whoever made a lease dead must do.
func (t *lifeTurn) died() lifePC {
	if t.drop == retireFirst {
		return dRetire
	}
	return dClear
}

func (t *lifeTurn) clearCell() lifePC {
	if t.s.cell == t.a.mine || t.drop == blindClear {
		t.s.cell = 0
	}
	if t.drop == ownerAtDeath {
		t.lease().owner = 0
	}
	if t.drop == retireFirst {
		return t.buried()
	}
	return dRetire
}

func (t *lifeTurn) retire() lifePC {
	t.s.quota--
	t.a.credit = false
	t.retireSlot(t.a.mine)
	switch t.drop {
	case retireFirst:
		return dClear
	case retireWaits:
		return dWait
	}
	return t.buried()
}

func (t *lifeTurn) retireSlot(n uint8) {
	l := t.s.at(n)
	if l.word.phase != phaseDead || l.retired {
		t.fail(harmTwice)
	}
	l.retired = true
	for i := range t.s.acts {
		if t.s.acts[i].inside && t.drop != noGrace {
			l.waits |= 1 << i
		}
	}
}

func (t *lifeTurn) awaitGrace() lifePC {
	if t.s.at(t.a.mine).retired {
		return stepBlocked
	}
	return t.buried()
}

func (t *lifeTurn) buried() lifePC {
	if t.id == lifeExpirer {
		return eIdle
	}
	return stepDone
}

// reclaim frees a slot whose grace period is over.
func (t *lifeTurn) reclaim(n uint8) bool {
	l := t.s.at(n)
	if !l.retired || l.waits != 0 {
		return false
	}
	*l = lifeSlot{word: lifeWord{gen: l.word.gen + 1}}
	return true
}

func (t *lifeTurn) purge() lifePC {
	if t.lease().word != t.a.seen {
		return gWord
	}
	t.die()
	return uCancel
}

func (t *lifeTurn) cancel() lifePC {
	if t.s.lock != 0 {
		return stepBlocked
	}
	if t.drop != purgeLeavesID {
		t.s.wheel[t.a.ref-1] = 0
	}
	return t.died()
}
