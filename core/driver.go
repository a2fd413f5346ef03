package core

import (
	"math"
	"sync"
	"sync/atomic"
	"time"
)

// driver is the engine's goroutine, if it has one, and what wakes it.
type driver struct {
	tick   time.Duration
	bell   chan struct{} // one ring is kept; nil if the program drives
	quit   chan struct{}
	done   chan struct{}
	once   sync.Once
	cursor atomic.Uint32 // the shard that the next Advance begins with

	// alarm is 0 while the goroutine is awake, and asleep plus the tick that it
	// sleeps to otherwise. It is awake before it looks for the next deadline, so
	// whoever files an earlier one after that look rings.
	alarm atomic.Uint64
}

const asleep = 1 << 32

// longestSleep keeps an idle wheel's time within sight of the clock.
const longestSleep = time.Hour

func (d *driver) init(tick time.Duration, manual bool) {
	d.tick = tick
	if !manual {
		d.bell, d.quit, d.done = make(chan struct{}, 1), make(chan struct{}), make(chan struct{})
	}
}

// ring wakes the goroutine if it would sleep beyond a deadline in ticks.
func (d *driver) ring(deadline uint32) {
	if d.bell == nil {
		return
	}
	if a := d.alarm.Load(); a == 0 || int32(deadline-uint32(a)) < 0 {
		d.ringSoon()
	}
}

// ringSoon wakes the goroutine: something waits for a grace period.
func (d *driver) ringSoon() {
	if d.bell == nil {
		return
	}
	select {
	case d.bell <- struct{}{}:
	default:
	}
}

// run starts the goroutine for e.
func (d *driver) run(e *Engine) { go d.loop(e) }

// loop advances the engine until stop.
func (d *driver) loop(e *Engine) {
	defer close(d.done)
	timer := time.NewTimer(longestSleep)
	defer timer.Stop()
	for {
		d.alarm.Store(0)
		p := e.Advance(0)
		sleep := min(longestSleep, p.Next)
		if p.Waiting {
			sleep = min(sleep, d.tick)
		}
		timer.Reset(max(sleep, d.tick/4))
		// Rounded up: whoever files an id for a tick before that one rings.
		until := uint32((e.now()+int64(sleep))/int64(d.tick)) + 1
		d.alarm.Store(asleep | uint64(until))
		select {
		case <-timer.C:
		case <-d.bell:
		case <-d.quit:
			return
		}
	}
}

// stop ends the goroutine and waits for it.
func (d *driver) stop() {
	if d.bell == nil {
		return
	}
	d.once.Do(func() { close(d.quit) })
	<-d.done
}

// Progress is what an Advance came to.
type Progress struct {
	// Expired is the number of leases whose linger ended.
	Expired int
	// Reclaimed is the number of slots, of any kind, that became free.
	Reclaimed int
	// Behind says that the budget ran out with work left.
	Behind bool
	// Waiting says that slots wait for readers to leave their sections.
	Waiting bool
	// Next is how long nothing will expire from now: 0 when something has to
	// already, math.MaxInt64 when nothing lingers.
	Next time.Duration
}

// Advance does what time asks for: it ends leases whose linger is over, brings
// the grace period on and makes slots free that no reader can see any more. It
// never waits. budget bounds the number of leases looked at; below 1 there is
// no bound. Two calls at a time share the work.
//
// A program calls it when Options.ManualAdvance is set, from its own loop or
// timer; otherwise the engine does.
//
// Cost: the locks of each shard, one after another, held for at most 256 leases
// at a time; at most one membarrier(2) in 100 µs; no allocation.
func (e *Engine) Advance(budget int) Progress {
	if budget < 1 {
		budget = math.MaxInt
	}
	p := Progress{Next: math.MaxInt64}
	now := e.now()
	first := e.driver.cursor.Add(1)
	for i := range e.shards {
		e.expire((first+i)&(e.shards-1), now, &budget, &p)
	}
	e.domain.TryAdvance()
	for at := range e.shards {
		e.collect(at, &p)
	}
	return p
}

// expire ends the leases of one shard.
func (e *Engine) expire(at uint32, now int64, budget *int, p *Progress) {
	r, _ := e.enter()
	defer e.leave(r)
	if *budget > 0 {
		n, more := e.leases.Expire(at, now, budget)
		p.Expired += n
		p.Behind = p.Behind || more
	}
	if next, ok := e.leases.Next(at, now); ok {
		p.Next = min(p.Next, time.Duration(max(next-now, 0)))
		p.Behind = p.Behind || *budget <= 0 && next <= now
	}
}

// collect frees what has waited long enough in one shard.
func (e *Engine) collect(at uint32, p *Progress) {
	for _, f := range [...]func(uint32) (int, bool){
		e.leases.Collect, e.pages.Collect, e.sockets.Collect, e.flows.Collect, e.nsSlots.Collect,
	} {
		n, waiting := f(at)
		p.Reclaimed += n
		p.Waiting = p.Waiting || waiting
	}
}
