package bench

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const (
	// benchTimers is how many timers wait while one is added or cancelled.
	benchTimers = 1_000_000
	// batchTimers of them are added or cancelled between two stops of the clock.
	batchTimers = 1 << 16
	// timerTick is the tick of every wheel that has one to choose.
	timerTick = 10 * time.Millisecond
	// farOff is the earliest deadline of timers that are not to fire, and spread
	// what deadlines spread over: the longest linger without privileges.
	farOff, spread = 600 * time.Second, 150 * time.Second
)

// timers is one way to have something called at a time. Loops are its own.
type timers interface {
	// add starts the timer of each id, to fire after[id] from now, or a little
	// later: the clock that now is read from may be a tick behind.
	add(ids []uint32, after []time.Duration)
	// cancel stops the timer of each id.
	cancel(ids []uint32)
	// close ends it, with timers waiting.
	close()
}

// timerRival makes timers for ids below benchTimers that call fired.
type timerRival struct {
	name string
	make func(fired func(id uint32)) timers
}

// BenchmarkTimer adds a timer to a million others, cancels one of a million, and
// lets a million expire. The last is in CPU time, and says how far from their
// deadlines timers fired.
func BenchmarkTimer(b *testing.B) {
	for _, r := range append(timerEngines(), timerRivals()...) {
		var s *standing
		ready := sync.OnceFunc(func() { s = newStanding(r) })
		name := func(op string) string {
			return named(fmt.Sprintf("op=%s/timers=%d", op, benchTimers), r.name)
		}
		b.Run(name("add"), func(b *testing.B) { b.StopTimer(); ready(); s.run(b, s.add, s.cancel) })
		b.Run(name("cancel"), func(b *testing.B) { b.StopTimer(); ready(); s.run(b, s.cancel, s.add) })
		if s != nil {
			s.timers.close()
			s = nil
		}
		lead := firstLead
		b.Run(name("expire"), func(b *testing.B) { expire(b, r, &lead) })
	}
}

// standing are timers of which most wait all the time, and the batch that does so
// only now and then.
type standing struct {
	timers
	after         []time.Duration
	adds, cancels []uint32 // the batch in two random orders
	waiting       bool     // the batch does
}

// timerIDs are all ids in random order.
var timerIDs = sync.OnceValue(func() []uint32 { return shuffled(benchTimers) })

func shuffled(n int) []uint32 {
	ids := make([]uint32, n)
	for i, id := range rand.New(rand.NewPCG(1, 2)).Perm(n) {
		ids[i] = uint32(id)
	}
	return ids
}

func newStanding(r timerRival) *standing {
	s := &standing{timers: r.make(func(uint32) {}), after: make([]time.Duration, benchTimers), waiting: true}
	rng := rand.New(rand.NewPCG(3, 4))
	for i := range s.after {
		s.after[i] = farOff + time.Duration(rng.Int64N(int64(spread)))
	}
	s.adds = timerIDs()[:batchTimers]
	for _, i := range shuffled(batchTimers) {
		s.cancels = append(s.cancels, s.adds[i])
	}
	s.timers.add(timerIDs(), s.after)
	return s
}

func (s *standing) add(n int) {
	if !s.waiting {
		s.timers.add(s.adds[:n], s.after)
		s.timers.add(s.adds[n:], s.after) // none when a whole batch was wanted
		s.waiting = true
	}
}

func (s *standing) cancel(n int) {
	if s.waiting {
		s.timers.cancel(s.cancels[:n])
		s.timers.cancel(s.cancels[n:])
		s.waiting = false
	}
}

// run measures one of two operations, and lets the other one prepare it. The
// clock stands when it is called.
func (s *standing) run(b *testing.B, op, other func(n int)) {
	b.ResetTimer()
	for left := b.N; left > 0; left -= batchTimers {
		other(batchTimers)
		b.StartTimer()
		op(min(left, batchTimers))
		b.StopTimer()
	}
}

const (
	firstLead = 250 * time.Millisecond // how long filling may take, at first
	window    = 500 * time.Millisecond // in which all timers fire
	patience  = 20 * time.Second       // for timers that come late
	// sampled: the deadline of one timer in so many is compared with the clock.
	sampled = 64
)

// firing counts what fires, and samples how far from its deadline.
type firing struct {
	start       time.Time
	due         []time.Duration // from start
	fired       atomic.Int64
	early, late atomic.Int64 // the worst, nanoseconds
}

func (f *firing) fire(id uint32) {
	if id%sampled == 0 {
		off := int64(time.Since(f.start) - f.due[id])
		worst(&f.late, off)
		worst(&f.early, -off)
	}
	f.fired.Add(1)
}

func worst(v *atomic.Int64, to int64) {
	for old := v.Load(); old < to && !v.CompareAndSwap(old, to); old = v.Load() {
	}
}

// expire has a million timers expire, once or, for more than a million
// iterations, several times, and reports CPU time and errors. A window that began
// before all timers were in place does not count; then the lead is doubled.
func expire(b *testing.B, r timerRival, lead *time.Duration) {
	rng := rand.New(rand.NewPCG(5, 6))
	offsets := make([]time.Duration, benchTimers)
	for i := range offsets {
		offsets[i] = time.Duration(rng.Int64N(int64(window)))
	}
	var cpu time.Duration
	var early, late int64
	rounds := (b.N + benchTimers - 1) / benchTimers
	for done := 0; done < rounds; {
		f := &firing{start: time.Now(), due: make([]time.Duration, benchTimers)}
		took, ok := f.round(r, offsets, *lead)
		if !ok {
			*lead *= 2
			continue
		}
		if lost := benchTimers - f.fired.Load(); lost > 0 {
			b.Logf("%s: %d timers have not fired %v after their deadline", r.name, lost, patience)
		}
		cpu += took
		early, late = max(early, f.early.Load()), max(late, f.late.Load())
		done++
	}
	b.ReportMetric(float64(cpu)/float64(rounds*benchTimers), "ns/op")
	b.ReportMetric(float64(early)/1e6, "ms-early")
	b.ReportMetric(float64(late)/1e6, "ms-late")
}

// round fills a new set of timers, whose deadlines spread over a window that
// begins lead from the start, and measures the CPU time that the process takes
// in the window and until the last has fired. It returns false when filling took
// longer than lead.
func (f *firing) round(r timerRival, offsets []time.Duration, lead time.Duration) (cpu time.Duration, ok bool) {
	t := r.make(f.fire)
	defer t.close()
	after := make([]time.Duration, len(offsets))
	for ids := timerIDs(); len(ids) > 0; {
		n := min(1024, len(ids))
		now := time.Since(f.start)
		if now >= lead {
			return 0, false
		}
		for _, id := range ids[:n] {
			after[id] = lead + offsets[id] - now
			f.due[id] = now + after[id]
		}
		t.add(ids[:n], after)
		ids = ids[n:]
	}
	time.Sleep(lead - time.Since(f.start))
	before := cpuTime()
	for end := lead + window + patience; f.fired.Load() < int64(len(offsets)) && time.Since(f.start) < end; {
		time.Sleep(timerTick)
	}
	return cpuTime() - before, true
}
