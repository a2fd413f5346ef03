package core_test

// lifeKind is what an operation does.
type lifeKind uint8

const (
	opGet   lifeKind = iota // GET with CREATE
	opJoin                  // GET without
	opRenew                 // the administrator's RENEW: takes a user and puts it
	opTouch                 // a refused GET, where a refusal counts as a use
	opPurge                 // of one label, as when its namespace ends
	opPut
	opClose  // closes the socket
	opPacket // a packet
)

func (k lifeKind) start() lifePC {
	switch k {
	case opPut, opClose:
		return pEnter
	case opPacket:
		return rEnter
	}
	return gEnter
}

func (k lifeKind) String() string {
	return [...]string{"GET", "join", "RENEW", "touch", "purge", "PUT", "close", "packet"}[k]
}

// lifeOp is one operation of a script.
type lifeOp struct {
	kind            lifeKind
	sock            uint8
	linger, expires int8 // expires counts from the clock's reading
}

// lifeTurn is one step of one actor on a copy of a state. A step is a method that returns the next one.
type lifeTurn struct {
	c    *lifeConfig
	drop lifeRule
	s    lifeState
	id   uint8
	a    *lifeActor
	bad  []string
	did  *[]string // names of the steps taken, for a trace
}

// take takes the step and reports whether it could be taken.
func (t *lifeTurn) take() bool {
	switch {
	case t.id == lifeClock:
		return t.tick()
	case t.id >= lifeGrace:
		return t.reclaim(t.id - lifeGrace + 1)
	}
	t.a = &t.s.acts[t.id]
	if t.a.pc == scriptEnded {
		return false
	}
	for on := true; on; {
		step := &lifeProgram[t.a.pc]
		if t.did != nil {
			*t.did = append(*t.did, step.name)
		}
		t.a.pc = step.run(t)
		on = step.on && t.a.pc > stepBlocked
	}
	switch t.a.pc {
	case stepBlocked:
		return false
	case eIdle:
		*t.a = lifeActor{pc: eIdle}
	case stepDone:
		t.exit()
		t.begin(t.a.op + 1)
	}
	return true
}

// begin makes the actor ready for the operation n of its script.
func (t *lifeTurn) begin(n uint8) {
	*t.a = lifeActor{op: n, pc: scriptEnded}
	if int(n) < len(t.c.scripts[t.id]) {
		t.a.pc = t.op().kind.start()
	}
}

func (t *lifeTurn) op() lifeOp       { return t.c.scripts[t.id][t.a.op] }
func (t *lifeTurn) sock() *lifeSock  { return &t.s.socks[t.op().sock] }
func (t *lifeTurn) lease() *lifeSlot { return t.s.at(t.a.ref) }
func (t *lifeTurn) fail(bad string)  { t.bad = append(t.bad, bad) }

// cas changes the word of the lease the actor found from the one it has seen.
func (t *lifeTurn) cas(to lifeWord) bool {
	if t.lease().word != t.a.seen {
		return false
	}
	t.lease().word, t.a.seen = to, lifeWord{}
	return true
}

// hold notes which slot the actor found.
func (t *lifeTurn) hold(n uint8) {
	t.a.ref, t.a.gen = n, 0
	if n != 0 {
		t.a.gen = t.s.at(n).word.gen
	}
}

// exit ends the actor's section; no retired slot waits for it any more.
func (t *lifeTurn) exit() {
	t.a.inside = false
	for i := range t.s.slots {
		t.s.slots[i].waits &^= 1 << t.id
	}
}

func (t *lifeTurn) enter() lifePC {
	t.a.inside, t.a.now = true, t.s.now
	return t.a.pc + 1
}

// tick lets time pass; it runs out only when all scripts have ended.
func (t *lifeTurn) tick() bool {
	if t.s.now == lifeLastTick || t.s.now == t.c.ticks && !t.s.ended() {
		return false
	}
	t.s.now++
	return true
}

// find looks for a lease on the socket's list, as a packet does: it takes no lock.
func (t *lifeTurn) find() lifePC {
	for i, n := range t.sock().list {
		if n > 0 {
			t.hold(uint8(i) + 1)
			if t.lease().word.phase != phaseLive {
				t.fail(harmDeadFound)
			}
			return rUse
		}
	}
	return stepDone
}

// use is a step of its own so that the section lasts.
func (t *lifeTurn) use() lifePC { return stepDone }
