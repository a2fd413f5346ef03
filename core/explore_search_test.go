package core_test

import (
	"fmt"
	"strings"
)

// lifeConfig is a set of histories: all that come of these scripts under this much room.
type lifeConfig struct {
	name    string
	slots   uint8
	limit   uint8      // quota
	ticks   int8       // where the clock stands until all scripts have ended
	closed  uint8      // the socket closed from the start, plus one
	spares  bool       // expires is left alone by a GET that asks for no more than the linger
	scripts [][]lifeOp // at most expirer; the expirer, the clock and the end of grace periods are always there
}

func (c *lifeConfig) start() (s lifeState) {
	for i := range c.scripts {
		s.acts[i].pc = c.scripts[i][0].kind.start()
	}
	s.acts[lifeExpirer].pc = eIdle
	if c.closed > 0 {
		s.socks[c.closed-1].closed = true
	}
	return s
}

// lifeExplorer holds the states found so far, in the order in which they were found.
type lifeExplorer struct {
	c      *lifeConfig
	drop   lifeRule
	want   string // the one violation looked for; "" looks for all
	id     map[lifeState]int32
	states []lifeState
	from   []int32 // the state before, and
	by     []uint8 // whose turn it was
	next   []int32 // successors of all states, one run after another
	ends   int
}

type lifeVerdict struct {
	states, ends int
	bad          string
	trace        string
}

// exploreLife goes through all histories of c with one rule dropped.
func exploreLife(c *lifeConfig, drop lifeRule, want string) lifeVerdict {
	x := &lifeExplorer{c: c, drop: drop, want: want, id: map[lifeState]int32{}}
	x.add(c.start(), 0, 0)
	first := []int32{0}
	for i := 0; i < len(x.states); i++ {
		if bad, by, at := x.expand(int32(i)); bad != "" {
			return lifeVerdict{len(x.states), x.ends, bad, x.trace(int32(i), by, at)}
		}
		first = append(first, int32(len(x.next)))
	}
	v := lifeVerdict{states: len(x.states), ends: x.ends}
	if x.wanted(harmEndless) && !acyclicGraph(first, x.next) {
		v.bad = harmEndless
	}
	return v
}

func (x *lifeExplorer) wanted(bad string) bool { return x.want == "" || x.want == bad }

func (x *lifeExplorer) add(s lifeState, from int32, by uint8) int32 {
	id, old := x.id[s]
	if !old {
		id = int32(len(x.states))
		x.id[s] = id
		x.states, x.from, x.by = append(x.states, s), append(x.from, from), append(x.by, by)
	}
	return id
}

// expand adds all successors of state i, or returns what went wrong, on whose turn, and the state it led to.
func (x *lifeExplorer) expand(i int32) (bad string, by uint8, at *lifeState) {
	end := true
	for n := range uint8(lifeTurns) {
		t := lifeTurn{c: x.c, drop: x.drop, s: x.states[i], id: n}
		if !t.take() {
			continue
		}
		end = false
		for _, bad := range append(t.bad, t.s.broken()...) {
			if x.wanted(bad) {
				return bad, n, &t.s
			}
		}
		x.next = append(x.next, x.add(t.s, i, n))
	}
	if end {
		x.ends++
		if x.wanted(harmLeftOver) && !x.states[i].clean(x.c) {
			return harmLeftOver, lifeTurns, &x.states[i]
		}
	}
	return "", 0, nil
}

// acyclicGraph removes states with no state before them until none is left. next[first[i]:first[i+1]] follow i.
func acyclicGraph(first, next []int32) bool {
	before := make([]int32, len(first)-1)
	for _, n := range next {
		before[n]++
	}
	ready := []int32{0}
	for k := 0; k < len(ready); k++ {
		for _, n := range next[first[ready[k]]:first[ready[k]+1]] {
			if before[n]--; before[n] == 0 {
				ready = append(ready, n)
			}
		}
	}
	return len(ready) == len(before)
}

// trace writes the steps to state i and the turn after it, which led to last.
func (x *lifeExplorer) trace(i int32, by uint8, last *lifeState) string {
	var lines []string
	if by < lifeTurns {
		lines = append(lines, x.line(&x.states[i], by, last))
	}
	for ; i != 0; i = x.from[i] {
		lines = append(lines, x.line(&x.states[x.from[i]], x.by[i], &x.states[i]))
	}
	var b strings.Builder
	for k := range lines {
		fmt.Fprintf(&b, "\n%3d  %s", k+1, lines[len(lines)-1-k])
	}
	return b.String()
}

// line says whose turn it was in s, what was done, and what shows of it in the state after.
func (x *lifeExplorer) line(s *lifeState, by uint8, after *lifeState) string {
	who := [lifeTurns]string{"A", "B", "C", "expirer", "clock", "grace", "grace", "grace"}[by]
	what := fmt.Sprintf("slot %d free again", int(by)-lifeGrace+1)
	if by == lifeClock {
		what = "ticks"
	}
	if by < lifeClock {
		var did []string
		(&lifeTurn{c: x.c, drop: x.drop, s: *s, id: by, did: &did}).take()
		what = strings.Join(did, "; ")
		if by != lifeExpirer {
			who += " " + x.c.scripts[by][s.acts[by].op].kind.String()
		}
	}
	return fmt.Sprintf("%-8s %s\n%13s %s", who, what, "", after)
}

func (s *lifeState) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "now %d cell %d", s.now, s.cell)
	for i, l := range s.slots {
		if l.word.phase == phaseFree && l.word.gen == 0 && !l.taken {
			continue
		}
		fmt.Fprintf(&b, " | %d: %s users %d", i+1, [...]string{"free", "live", "dead"}[l.word.phase], l.word.users)
		if l.word.filed {
			b.WriteString(" filed")
		}
		if l.word.watched {
			b.WriteString(" watched")
		}
		fmt.Fprintf(&b, " expires %d due %d", l.expires, l.due())
	}
	return b.String()
}
