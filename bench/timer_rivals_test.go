package bench

import (
	"sync"
	"time"

	"github.com/RussellLuo/timingwheel"
	antlabs "github.com/antlabs/timer"
	"github.com/maypok86/otter/v2"
)

func timerRivals() []timerRival {
	return []timerRival{
		{"runtime", newRuntimeTimers},
		{"antlabs", newAntlabs},
		{"russellluo", newRussellLuo},
		{"otter", newOtter},
	}
}

// runtimeTimers are those of the Go runtime.
type runtimeTimers struct {
	fired func(uint32)
	at    []*time.Timer
}

func newRuntimeTimers(fired func(uint32)) timers {
	return &runtimeTimers{fired, make([]*time.Timer, benchTimers)}
}

func (t *runtimeTimers) add(ids []uint32, after []time.Duration) {
	for _, id := range ids {
		t.at[id] = time.AfterFunc(after[id], func() { t.fired(id) })
	}
}

func (t *runtimeTimers) cancel(ids []uint32) {
	for _, id := range ids {
		t.at[id].Stop()
	}
}

func (t *runtimeTimers) close() {
	for _, timer := range t.at {
		if timer != nil {
			timer.Stop()
		}
	}
}

// antlabsTimers are a wheel with ticks of 10 ms.
type antlabsTimers struct {
	fired func(uint32)
	wheel antlabs.Timer
	at    []antlabs.TimeNoder
}

func newAntlabs(fired func(uint32)) timers {
	t := &antlabsTimers{fired, antlabs.NewTimer(antlabs.WithTimeWheel()), make([]antlabs.TimeNoder, benchTimers)}
	go t.wheel.Run()
	return t
}

func (t *antlabsTimers) add(ids []uint32, after []time.Duration) {
	for _, id := range ids {
		t.at[id] = t.wheel.AfterFunc(after[id], func() { t.fired(id) })
	}
}

func (t *antlabsTimers) cancel(ids []uint32) {
	for _, id := range ids {
		t.at[id].Stop()
	}
}

func (t *antlabsTimers) close() { t.wheel.Stop() }

// russellLuo is a hierarchy of wheels of 64 slots, the first with the usual tick.
type russellLuo struct {
	fired func(uint32)
	wheel *timingwheel.TimingWheel
	at    []*timingwheel.Timer
}

func newRussellLuo(fired func(uint32)) timers {
	t := &russellLuo{fired, timingwheel.NewTimingWheel(timerTick, 64), make([]*timingwheel.Timer, benchTimers)}
	t.wheel.Start()
	return t
}

func (t *russellLuo) add(ids []uint32, after []time.Duration) {
	for _, id := range ids {
		t.at[id] = t.wheel.AfterFunc(after[id], func() { t.fired(id) })
	}
}

func (t *russellLuo) cancel(ids []uint32) {
	for _, id := range ids {
		t.at[id].Stop()
	}
}

func (t *russellLuo) close() { t.wheel.Stop() }

// otterTimers are the entries of a cache, each with a time to live of its own.
// Expiry is looked at every tick; by itself the cache does so once a second.
type otterTimers struct {
	cache *otter.Cache[uint32, time.Duration]
	quit  chan struct{}
	done  sync.WaitGroup
}

func newOtter(fired func(uint32)) timers {
	t := &otterTimers{quit: make(chan struct{})}
	t.cache = otter.Must(&otter.Options[uint32, time.Duration]{
		InitialCapacity: benchTimers,
		ExpiryCalculator: otter.ExpiryWritingFunc(func(e otter.Entry[uint32, time.Duration]) time.Duration {
			return e.Value
		}),
		OnAtomicDeletion: func(e otter.DeletionEvent[uint32, time.Duration]) {
			if e.Cause == otter.CauseExpiration {
				fired(e.Key)
			}
		},
	})
	t.done.Go(func() {
		every := time.NewTicker(timerTick)
		defer every.Stop()
		for {
			select {
			case <-every.C:
				t.cache.CleanUp()
			case <-t.quit:
				return
			}
		}
	})
	return t
}

func (t *otterTimers) add(ids []uint32, after []time.Duration) {
	for _, id := range ids {
		t.cache.Set(id, after[id])
	}
}

func (t *otterTimers) cancel(ids []uint32) {
	for _, id := range ids {
		t.cache.Invalidate(id)
	}
}

func (t *otterTimers) close() {
	close(t.quit)
	t.done.Wait()
	t.cache.StopAllGoroutines()
}
