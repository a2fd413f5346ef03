// The life of a lease, explored exhaustively.
//
// A lease's word, the index cell of one label, the sockets' lists, the wheel and the grace period are modelled
// as one small comparable value, [lifeState]. What happens to them is modelled as actors that take one atomic step
// at a time: every load, store and CAS of the protocol is a step of its own, and what a lock covers is merged
// only where nobody can look without the lock. The explorer takes every step that any actor can take in every
// state that can be reached, breadth first, so that the counterexample found is a shortest one.
//
// Three things follow from a run that finds nothing: every reachable state keeps the invariants; no state is
// reached twice on one history, so every history ends; and where a history ends, nothing is left over. So no
// lease lingers for ever, and nobody waits but for a lock. The model imports no package of the engine: it says
// what the engine must do, not what it does. Fields marked ghost are the model's own knowledge, for checking.
//
// explore_search_test.go has the explorer, explore_steps_test.go the list of steps, explore_turn_test.go how one
// is taken, explore_get_test.go, explore_end_test.go and explore_death_test.go what they do, and
// explore_rules_test.go the rules, the histories explored and the tests.
package core_test

const (
	lifeSlots   = 3
	lifeSocks   = 2
	lifeActors  = 4              // three scripts and the expirer
	lifeExpirer = lifeActors - 1 // the wheel's owner; it has no script and never ends
	lifeClock   = lifeActors     // turn that lets time pass
	lifeGrace   = lifeClock + 1  // first of lifeSlots turns that end a grace period
	lifeTurns   = lifeGrace + lifeSlots

	lifeLastTick = 5 // past every deadline
)

type lifePhase uint8

const (
	phaseFree lifePhase = iota
	phaseLive
	phaseDead
)

// lifeWord is the lease's word. A lease that lingers is live with no users.
type lifeWord struct {
	gen, users     uint8
	phase          lifePhase
	filed, watched bool
}

type lifeSlot struct {
	word                      lifeWord
	owner                     uint8 // stands for all fields written only while Free
	linger, expires           int8  // expires of a lease that lingers is its deadline
	taken                     bool  // off the free list
	retired                   bool  // waits for the end of its grace period
	waits                     uint8 // sections open at retirement and not ended since: a bit an actor
	maker                     uint8 // ghost: who made this lease
	claimed, granted, wasUsed bool  // ghost: won its cell; some GET of it succeeded; has a last use
	asked, lastUse            int8  // ghost: the latest expires asked for
}

// due is the time before which the lease must not die, by the meaning of what was asked for alone.
func (l *lifeSlot) due() int8 {
	var d int8
	if l.granted {
		d = l.asked
	}
	if l.wasUsed {
		d = max(d, l.lastUse+l.linger)
	}
	return d
}

type lifeSock struct {
	busy   uint8 // its mutex: the actor inside, plus one
	closed bool
	list   [lifeSlots]uint8 // entries by lease
}

type lifeActor struct {
	op     uint8 // index into its script
	pc     lifePC
	inside bool     // a read-side section
	ref    uint8    // the slot it found, 0 for none, and
	gen    uint8    // ghost: that slot's generation
	mine   uint8    // the slot it creates, or made dead
	seen   lifeWord // the word it will CAS
	now    int8     // the clock as it read it
	until  int8     // the end of a linger, being computed
	use    bool     // its drop is a use: a PUT, not the undoing of a GET
	raises bool     // expires, if its drop is the last; it has, if it is a refused GET
	credit bool     // ghost: holds a unit of quota
	user   uint8    // ghost: the slot of which it holds users, and
	held   uint8    // how many
	owes   uint8    // ghost: the slot it set filed on and has not filed
}

type lifeState struct {
	now   int8
	cell  uint8 // the slot of the label's lease, 0 for none
	quota uint8
	lock  uint8           // the wheel's: the actor inside, plus one
	wheel [lifeSlots]int8 // the time an id is filed for, plus one; 0 is absent
	slots [lifeSlots]lifeSlot
	socks [lifeSocks]lifeSock
	acts  [lifeActors]lifeActor
}

func (s *lifeState) at(n uint8) *lifeSlot { return &s.slots[n-1] }

// What can go wrong. A dropped rule names the one that it must lead to, so that what is seen is the harm and
// not only the breach.
const (
	harmEarly      = "a lease died before max(expires, last use + linger)"
	harmTwoLeases  = "a live lease is not the one in its label's cell"
	harmDeadUsed   = "a lease with users is not live"
	harmMiscounted = "users differ from list entries and users in flight"
	harmMisfiled   = "filed differs from being in the wheel or owed to it"
	harmWheelFree  = "a slot is free and its id is in the wheel"
	harmQuota      = "quota differs from leases alive and units in flight"
	harmReused     = "a slot was reused under a section that had found it"
	harmOwner      = "a request was judged by an owner that is not the lease's"
	harmTold       = "a lease is in its cell after somebody was told that it is gone"
	harmTwice      = "a slot was retired twice"
	harmDeadFound  = "a packet found a dead lease on its socket's list"
	harmLeftOver   = "a history ended with a lease, an id, a slot or an actor left over"
	harmEndless    = "a history need not end"
)

// broken names the invariants that s breaks.
func (s *lifeState) broken() (bad []string) {
	var alive, credits uint8
	var users, owed [lifeSlots]uint8
	for i := range s.acts {
		a := &s.acts[i]
		if a.user != 0 {
			users[a.user-1] += a.held
		}
		if a.owes != 0 {
			owed[a.owes-1]++
		}
		if a.credit {
			credits++
		}
		if a.inside && a.ref != 0 && s.at(a.ref).word.gen != a.gen {
			bad = append(bad, harmReused)
		}
	}
	for i := range s.slots {
		l := &s.slots[i]
		n := users[i]
		for k := range s.socks {
			n += s.socks[k].list[i]
		}
		if l.word.phase == phaseLive {
			alive++
		}
		bad = l.broken(bad, n, owed[i], s.wheel[i] != 0, int(s.cell) == i+1)
	}
	if s.quota != alive+credits {
		bad = append(bad, harmQuota)
	}
	return bad
}

// broken appends what is wrong with one lease that has n users by count.
func (l *lifeSlot) broken(bad []string, n, owed uint8, inWheel, inCell bool) []string {
	w := l.word
	if inWheel {
		owed++
	}
	if w.phase == phaseLive && l.claimed && !inCell {
		bad = append(bad, harmTwoLeases)
	}
	if w.phase != phaseLive && n > 0 {
		bad = append(bad, harmDeadUsed)
	}
	if w.phase == phaseLive && w.users != n {
		bad = append(bad, harmMiscounted)
	}
	if owed > 1 || w.phase == phaseLive && w.filed != (owed == 1) {
		bad = append(bad, harmMisfiled)
	}
	if w.phase == phaseFree && inWheel {
		bad = append(bad, harmWheelFree)
	}
	return bad
}

// ended reports whether all scripts have.
func (s *lifeState) ended() bool {
	for _, a := range s.acts[:lifeExpirer] {
		if a.pc != scriptEnded {
			return false
		}
	}
	return true
}

// clean reports whether s may be the end of a history: what lingered is free again, and all is given back.
func (s *lifeState) clean(c *lifeConfig) bool {
	ok := s.ended() && s.acts[lifeExpirer] == lifeActor{pc: eIdle} && s.lock == 0
	for i := range c.slots {
		l := &s.slots[i]
		held := l.word.phase == phaseLive && l.word.users > 0 && s.cell == i+1
		ok = ok && s.wheel[i] == 0 && (held || !l.taken && l.word.phase == phaseFree && s.cell != i+1)
	}
	return ok
}
