package main

import (
	"context"
	"sync"
	"time"
)

// drive lets workers and controllers run for a time, until ctx is done or until
// something is wrong.
func (l *load) drive(ctx context.Context, d time.Duration, tamper func(*burst), live *live) {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	stop := &l.failures.stop
	start := time.Now()
	var all sync.WaitGroup
	for _, w := range l.workers {
		w.tamper = tamper
		all.Go(func() { w.run(stop) })
	}
	for _, c := range l.controllers {
		all.Go(func() { c.run(stop) })
	}
	l.watch(ctx, start, live)
	stop.Store(true)
	all.Wait()
	l.elapsed = time.Since(start)
	l.driven, _ = l.sent()
	l.stats = l.eng.Stats() // before lingering leases end
}

// watch waits until ctx is done or something is wrong, and keeps the live line
// up to date.
func (l *load) watch(ctx context.Context, start time.Time, live *live) {
	defer live.end()
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	for !l.failures.stop.Load() {
		select {
		case <-ctx.Done():
			return
		case <-look.C:
			live.show(l, time.Since(start))
		}
	}
}
