package uapi_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// testPlace is where histories without a kernel play.
func testPlace() *place {
	return &place{
		foreign: []bool{false, false, true},
		callers: []caller{
			{task: 1<<32 | 10, user: 0, caps: allCaps},
			{task: 1<<32 | 11, user: 0},
			{task: 1<<32 | 12, user: 1000},
			{task: 2<<32 | 12, user: 1000}, // a thread id that was used before
			{task: 1<<32 | 13, user: 1001, caps: 1 << capNetRaw},
			{task: 1<<32 | 14, user: 1001, caps: 1 << capNetAdmin},
			{task: 1<<32 | 15, user: 2000, foreign: true, all: true},
			{task: 1<<32 | 16, user: 2000, foreign: true},
		},
		pins: 40,
	}
}

var callerNames = []string{"root", "root without capabilities", "a user", "another thread of the user",
	"a user with CAP_NET_RAW", "a user with CAP_NET_ADMIN",
	"the root of another user namespace", "the same without capabilities"}

// count counts who makes a call and in whose namespace.
func (p *place) count(s *step, ns int, counts map[string]int) {
	if s.op == opSet || s.op == opQuery {
		counts["by "+callerNames[s.by]]++
		if p.foreign[ns] {
			counts["in a namespace of another user namespace"]++
		}
	}
}

// manual is a clock that a test turns.
type manual struct{ now time.Duration }

func (c *manual) read() time.Duration { return c.now }

// divergence is the first step at which a world did not do what the model says.
type divergence struct {
	at    int
	world int
	text  string
}

// compare runs steps in the model and the worlds and returns where they part;
// nil when they agree. The first world makes the choices; clock is read before
// each step. counts, if any, collects the branches.
func compare(steps []step, m *modelWorld, tick func(), counts map[string]int, worlds ...world) *divergence {
	var slow time.Duration // how long the slowest step took in the first world
	for i := range steps {
		tick()
		chosen := uint32(i) * 2654435761 >> 7 & maxLabel
		got := make([]outcome, len(worlds))
		if len(worlds) > 1 {
			start := time.Now()
			got[0] = worlds[0].do(&steps[i], &chosen)
			slow = max(slow, time.Since(start))
		}
		want := m.do(&steps[i], &chosen)
		got[len(got)-1] = worlds[len(worlds)-1].do(&steps[i], &chosen)
		if counts != nil {
			counts[want.why]++
			m.place.count(&steps[i], m.in[steps[i].sock], counts)
		}
		for w := range got {
			late := slow // the last world has the model's clock
			if w == len(got)-1 {
				late = 0
			}
			if text := differ(&want, &got[w], late); text != "" {
				return &divergence{i, w, fmt.Sprintf("step %d, world %d, branch %q: %s\n\t%#v", i, w, want.why, text, steps[i])}
			}
		}
	}
	return nil
}

// againstEngine runs a history in the model and the engine alone.
func againstEngine(steps []step, counts map[string]int) *divergence {
	clock := &manual{}
	p := testPlace()
	e := newEngineWorld(p, clock.read)
	defer e.close()
	m := newModelWorld(p, clock.read)
	return compare(steps, m, func() { clock.now += 50 * time.Microsecond }, counts, e)
}

// shrink leaves out steps while run still diverges, in ever smaller pieces,
// until the time is up.
func shrink[S any](steps []S, until time.Time, run func([]S) *divergence) []S {
	if d := run(steps); d != nil {
		steps = steps[:d.at+1]
	}
	for size := len(steps) / 2; size > 0 && time.Now().Before(until); size /= 2 {
		for from := 0; from+size < len(steps) && time.Now().Before(until); {
			shorter := append(append([]S(nil), steps[:from]...), steps[from+size:]...)
			if d := run(shorter); d != nil {
				steps = shorter[:d.at+1]
			} else {
				from += size
			}
		}
	}
	return steps
}

// report shrinks a history and prints it as Go code for replayed.
func report[S any](t testing.TB, steps []S, run func([]S) *divergence) {
	t.Helper()
	if run(steps) == nil {
		t.Errorf("the divergence did not come again: it needs an unlucky moment")
		return
	}
	steps = shrink(steps, time.Now().Add(20*time.Second), run)
	code := &strings.Builder{}
	for _, s := range steps[:min(len(steps), 100)] {
		fmt.Fprintf(code, "\t%#v\n", s)
	}
	text := "(it did not come again when shrunk)"
	if d := run(steps); d != nil {
		text = d.text
	}
	t.Errorf("divergence: %s\nto replay, put these steps into replayed:\n%s", text, code)
}

// replayed is a history that TestReplay and TestKernelReplay run: the place to
// paste what report prints.
var replayed = []step{
	{op: opOpen, value: protoUDP},
	{op: opSet, optval: unhex("20010db800000000000000000000000100000007" + "00ff0100" + "00000000" + "00000000")}, // GET label=0x7
	{op: opConnect, value: 7, other: 1},
	{op: opQuery, optval: unhex("0000000000000000000000000000000000000000" + "00000000" + "00000000" + "00000000")},
	{op: opListing},
}

func TestReplay(t *testing.T) {
	if d := againstEngine(replayed, nil); d != nil {
		t.Fatal(d.text)
	}
}

// TestHistories compares the engine with the model.
func TestHistories(t *testing.T) {
	counts := map[string]int{}
	for seed := range uint64(30) {
		steps := newHistory(seed, testPlace()).steps(3000)
		if d := againstEngine(steps, counts); d != nil {
			t.Log(d.text)
			report(t, steps, func(s []step) *divergence { return againstEngine(s, nil) })
			return
		}
	}
}
