package main

import (
	"fmt"
	"io"
	"os"
	"time"
)

// livePeriod is the time between two states of the live line.
const livePeriod = 500 * time.Millisecond

// live is a line that says how the run is going, kept up to date in its place.
// A nil one says nothing.
type live struct {
	w     io.Writer
	shown time.Duration // into the run, when the line was last written
	sent  int64         // packets up to then
}

// newLive returns the live line on w, nil unless w is a terminal. The null
// device passes for one, and does no harm.
func newLive(w io.Writer) *live {
	f, ok := w.(*os.File)
	if !ok {
		return nil
	}
	info, err := f.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return nil
	}
	return &live{w: w}
}

// show writes the line, if it is time to.
func (v *live) show(l *load, at time.Duration) {
	if v == nil || at-v.shown < livePeriod {
		return
	}
	sent, verified := l.sent()
	s := l.eng.Stats()
	fmt.Fprintf(v.w, "\r%4.1f s  %.1f M packets/s  leases %d  lingered out %d  verified %d  mismatches %d\x1b[K",
		at.Seconds(), float64(sent-v.sent)/(at-v.shown).Seconds()/1e6,
		s.Leases, s.Expired, verified, l.failures.count.Load())
	v.shown, v.sent = at, sent
}

// end clears the line.
func (v *live) end() {
	if v != nil {
		fmt.Fprint(v.w, "\r\x1b[K")
	}
}

// sent returns the number of packets that were sent so far, and of those verified,
// which may also have come in.
func (l *load) sent() (packets, verified int64) {
	for _, w := range l.workers {
		packets += w.packets.Load()
		verified += w.verified.Load()
	}
	return packets, verified
}
