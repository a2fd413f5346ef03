package uapi_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/flowlabel/flowlabel/core"
	"github.com/flowlabel/flowlabel/shard"
)

// The kernel collects leases late, by how much depends on how long they
// lingered. Between the deadline and then nobody can know what it answers, so
// nothing is asked.
const (
	lateness  = time.Second
	beforeEnd = 100 * time.Millisecond // nothing is asked from so early
	lastCall  = 200 * time.Millisecond // the last question is asked so long before that, at least
	firstCall = 2 * time.Second        // and at most, however slow the machine is
)

// between is how often a listing is compared, of one namespace after another.
const between = 130 * time.Millisecond

// TestKernelExpiry lets leases live side by side in real time, each with a small
// story of its own, until they really end, in the kernel, in the model, and in
// an engine that runs by itself on the same clock. Up to the deadline the label
// is blocked; when the kernel has collected the lease, somebody else has it.
func TestKernelExpiry(t *testing.T) {
	machineLock(t)
	leases := 2400
	if testing.Short() || shard.Invariants { // there lists are too short for more
		leases = 240
	}
	err := onKernel([]bool{false, false, true}, func(k *kernel) {
		base := k.tableSize()
		k.place.pins, k.place.base = 0, 0
		if room := tableSize - base - 100; room < leases {
			t.Errorf("others on this machine have %d leases: only %d are left", base, room)
			return
		}
		e := newExpiry(t, k, leases)
		defer e.close()
		e.run()
		t.Logf("it took %v; the slowest step %v, the slowest round %v", time.Since(e.start), e.slow, e.round)
		fmt.Printf("kernel expiry: leases=%d divergences=%d\n", e.ended, e.divergences)
		if e.ended < leases*5/6 {
			t.Errorf("of %d leases only %d were asked for just before their end and after it", leases, e.ended)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}

// expiry is the three worlds and the stories that take place in them.
type expiry struct {
	t           *testing.T
	start       time.Time
	now         time.Duration // of the step at hand: the model's clock
	slow        time.Duration // how long the slowest step took
	round       time.Duration // the longest time that one turn of all stories took
	worlds      []world       // the kernel and the engine
	model       *modelWorld
	stories     []*story        // the one of label l is number l-1
	listed      []time.Duration // when each namespace was, last
	lists       int             // the next is of namespace lists % 3
	closings    []time.Duration
	ended       int // leases asked for just before their end and after it
	divergences int
}

// Sockets from this place on are closed while they hold leases.
const closing = sockets - 4

func newExpiry(t *testing.T, k *kernel, leases int) *expiry {
	e := &expiry{t: t, start: time.Now()}
	for i := range sockets - closing {
		e.closings = append(e.closings, planned/2+time.Duration(i)*time.Second)
	}
	real := func() time.Duration { return time.Since(e.start) }
	e.worlds = []world{k.newWorld(), newRunningWorld(&k.place, real)}
	e.model = newModelWorld(&k.place, func() time.Duration { return e.now })
	e.listed = make([]time.Duration, len(e.model.ns))
	h := newHistory(1, &k.place)
	for i := range sockets {
		e.do(step{op: opOpen, ns: i % 3, sock: i, value: uint32(i % 4)})
	}
	for i := range leases {
		e.stories = append(e.stories, h.story(i, testing.Short()))
	}
	return e
}

// newRunningWorld is an engine with a goroutine of its own.
func newRunningWorld(p *place, clock func() time.Duration) *engineWorld {
	w := &engineWorld{place: p}
	w.eng = must(core.New(core.Options{Rules: core.Linux618(), Clock: clock, MaxLeases: 8192, MaxSockets: 64}))
	for i := range p.foreign {
		w.ns = append(w.ns, must(w.eng.Namespace(fmt.Sprint(i), core.NamespaceOptions{})))
	}
	return w
}

func (e *expiry) close() {
	for _, w := range e.worlds {
		w.close()
	}
}

// run takes turns until all stories have ended, or should have long ago.
func (e *expiry) run() {
	last := time.Since(e.start)
	for told := 0; told < len(e.stories); time.Sleep(2 * time.Millisecond) {
		now := time.Since(e.start)
		e.round, last = max(e.round, now-last), now
		if now > lastPush+maxSpan+5*time.Second {
			e.t.Errorf("only %d of %d stories have come to their end", told, len(e.stories))
			return
		}
		for i, at := range e.closings {
			if now >= at {
				e.do(step{op: opClose, sock: closing + i}) // nothing, but for the first time
			}
		}
		told = 0
		for _, s := range e.stories {
			if e.turn(s); s.told {
				told++
			}
		}
		if now-slices.Max(e.listed) > between {
			e.list()
		}
	}
	for range e.listed {
		e.list()
	}
}

// list compares the listings of the namespace whose turn it is.
func (e *expiry) list() {
	ns := e.lists % len(e.listed)
	e.listed[ns] = time.Since(e.start)
	e.do(step{op: opListing, ns: ns})
	e.lists++
}

// silent says whether nothing may be asked about a label now.
func (e *expiry) silent(s *story, now time.Duration) bool {
	return s.lingers && s.deadline-beforeEnd-e.slow <= now && now < s.deadline+lateness+e.slow
}

// do takes a step in the three worlds and compares what it did. The kernel's
// listing is no snapshot: when it collects a lease meanwhile, it may leave out
// another. So a listing has several tries.
func (e *expiry) do(s step) {
	text := e.try(s)
	for range 3 {
		if s.op == opListing && text != "" {
			text = e.try(s)
		}
	}
	if text == "" {
		return
	}
	if e.divergences++; e.divergences <= 10 {
		e.t.Errorf("divergence at %v, %s\n\t%#v", e.now, text, s)
	}
}

func (e *expiry) try(s step) string {
	e.now = time.Since(e.start)
	var chosen uint32
	got := make([]outcome, len(e.worlds))
	for i, w := range e.worlds {
		if w, is := w.(*engineWorld); is {
			w.steps = 0 // so that it is never advanced from here
		}
		got[i] = w.do(&s, &chosen)
		e.slow = max(e.slow, time.Since(e.start)-e.now)
	}
	want := e.model.do(&s, &chosen)
	want.rows = e.outspoken(want.rows)
	for i := range got {
		got[i].rows = e.outspoken(got[i].rows)
		if text := differ(&want, &got[i], e.slow); text != "" {
			return fmt.Sprintf("world %d, branch %q: %s", i, want.why, text)
		}
	}
	return ""
}

// outspoken leaves out the leases that nothing may be asked about.
func (e *expiry) outspoken(rows []row) (kept []row) {
	for _, r := range rows {
		if r.label == 0 || !e.silent(e.stories[r.label-1], e.now) {
			kept = append(kept, r)
		}
	}
	return kept
}

// tell takes a step of a story, which it repeats when it diverges.
func (e *expiry) tell(s *story, d step) {
	before := e.divergences
	e.do(d)
	s.past = append(s.past, deed{at: e.now, step: d})
	if e.divergences > before && before < 10 {
		e.t.Logf("the story so far:\n%v", s)
	}
}
