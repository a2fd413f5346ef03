package bench

import (
	"sync"
	"time"

	"github.com/flowlabel/flowlabel/timerwheel"
)

// timerEngines are the wheel as its one owner has it, and behind a lock that is
// taken for each timer, as several owners would.
func timerEngines() []timerRival {
	return []timerRival{
		{"engine", func(fired func(uint32)) timers { return newWheel(fired, false) }},
		{"enginelocked", func(fired func(uint32)) timers { return newWheel(fired, true) }},
	}
}

// wheel is a timer wheel with a node for each id, which is one more than here,
// and a goroutine that advances it.
type wheel struct {
	fired  func(uint32)
	locked bool
	mu     sync.Mutex // held for each timer, or for each run of them
	wheel  *timerwheel.Wheel
	nodes  []timerwheel.Node
	start  time.Time
	quit   chan struct{}
	done   sync.WaitGroup
}

func newWheel(fired func(uint32), locked bool) *wheel {
	const pageBits = 20
	w := &wheel{
		fired: fired, locked: locked, wheel: timerwheel.New(pageBits, 0),
		nodes: make([]timerwheel.Node, 1<<pageBits), start: time.Now(), quit: make(chan struct{}),
	}
	w.wheel.SetPage(0, w.nodes)
	w.done.Go(w.run)
	return w
}

// run advances the wheel, tick after tick.
func (w *wheel) run() {
	every := time.NewTicker(timerTick)
	defer every.Stop()
	for {
		select {
		case <-every.C:
			now := uint32(time.Since(w.start) / timerTick)
			w.mu.Lock()
			w.wheel.Advance(now, 2*benchTimers, func(id uint32) { w.fired(id - 1) })
			w.mu.Unlock()
		case <-w.quit:
			return
		}
	}
}

// file puts an id into the wheel. A deadline is rounded up to the next tick.
func (w *wheel) file(id uint32, now, after time.Duration) {
	w.nodes[id+1].Reset(uint32((now + after + timerTick - 1) / timerTick))
	w.wheel.File(id + 1)
}

func (w *wheel) add(ids []uint32, after []time.Duration) {
	if w.locked {
		for _, id := range ids {
			now := time.Since(w.start)
			w.mu.Lock()
			w.file(id, now, after[id])
			w.mu.Unlock()
		}
		return
	}
	// The owner of a wheel knows the time for a run of packets, or of requests.
	now := time.Since(w.start)
	w.mu.Lock()
	for _, id := range ids {
		w.file(id, now, after[id])
	}
	w.mu.Unlock()
}

func (w *wheel) cancel(ids []uint32) {
	if w.locked {
		for _, id := range ids {
			w.mu.Lock()
			w.wheel.Cancel(id + 1)
			w.mu.Unlock()
		}
		return
	}
	w.mu.Lock()
	for _, id := range ids {
		w.wheel.Cancel(id + 1)
	}
	w.mu.Unlock()
}

func (w *wheel) close() {
	close(w.quit)
	w.done.Wait()
}
