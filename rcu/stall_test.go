package rcu

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"
)

// TestStall follows two readers through stalls, on a clock turned by hand.
func TestStall(t *testing.T) {
	clock := newTick()
	var log bytes.Buffer
	d := New(Options{Logger: slog.New(slog.NewTextHandler(&log, nil)), StallAfter: time.Minute, Now: clock.Now})
	a, b := d.Register("slow-a"), d.Register("slow-b")
	try := func(after time.Duration) {
		clock.add(after)
		d.TryAdvance()
	}
	check := func(name string, after time.Duration, stalls uint64) {
		t.Helper()
		s := d.Stats()
		if s.StalledReader != name || s.StalledFor != after || s.Stalls != stalls {
			t.Fatalf("stalled %q for %v, %d stalls; want %q for %v, %d",
				s.StalledReader, s.StalledFor, s.Stalls, name, after, stalls)
		}
		if lines := uint64(strings.Count(log.String(), "holds a grace period up")); lines != stalls {
			t.Fatalf("%d lines for %d stalls:\n%s", lines, stalls, &log)
		}
	}

	a.Enter()
	clock.add(time.Hour) // inside for an hour, in nobody's way
	d.Stamp()
	try(0) // moves: a shows the present epoch
	check("", 0, 0)
	try(time.Second) // first seen in the way
	check("", 0, 0)
	b.Enter() // in nobody's way
	try(time.Minute - time.Millisecond)
	check("", 0, 0)
	try(time.Millisecond)
	check("slow-a", time.Minute, 1)
	try(time.Hour) // one line a stall
	check("slow-a", time.Hour+time.Minute, 1)
	if !strings.Contains(log.String(), "reader=slow-a for=1m0s") {
		t.Errorf("the line does not name the reader:\n%s", &log)
	}

	a.Exit()
	check("", 0, 1) // at once, without another attempt
	try(time.Second)
	d.Stamp() // for b, which showed the epoch before
	a.Enter()
	try(time.Second) // b first seen
	try(time.Minute)
	check("slow-b", time.Minute, 2)
	b.Close()
	check("", 0, 2)
	try(time.Second) // moves; a shows an old epoch again, in a new section
	try(time.Second)
	try(time.Minute)
	check("slow-a", time.Minute, 3)
	a.Exit()
}

// TestStallsTogether checks that two readers that stall at once are both named,
// the longer in Stats.
func TestStallsTogether(t *testing.T) {
	clock := newTick()
	var log bytes.Buffer
	d := New(Options{Logger: slog.New(slog.NewTextHandler(&log, nil)), Now: clock.Now})
	r := d.Register("worker")
	r.Enter()
	borrowed := d.Borrow()
	d.Stamp()
	for range 4 {
		clock.add(defaultStallAfter)
		d.TryAdvance()
	}
	if s := d.Stats(); s.Stalls != 2 || s.StalledReader == "" || s.StalledFor != 2*defaultStallAfter {
		t.Errorf("%+v", s)
	}
	for _, name := range []string{"reader=worker", "reader=borrowed"} {
		if !strings.Contains(log.String(), name) {
			t.Errorf("no %s in the log:\n%s", name, &log)
		}
	}
	r.Exit()
	d.Return(borrowed)
}

// TestStallPastIsForgotten checks that a section is timed from when it was first
// met, not from when an earlier section of the same reader was.
func TestStallPastIsForgotten(t *testing.T) {
	clock := newTick()
	d := New(Options{StallAfter: time.Minute, Now: clock.Now})
	r := d.Register("r")
	for range 3 {
		r.Enter()
		d.Stamp()
		for range 3 { // a move, a first look, half the time allowed
			clock.add(30 * time.Second)
			d.TryAdvance()
		}
		if s := d.Stats(); s.Stalls != 0 {
			t.Fatalf("%+v", s)
		}
		r.Exit()
		for range 2 {
			clock.add(time.Second)
			d.TryAdvance()
		}
	}
}
