package shard

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/flowlabel/flowlabel/rcu"
)

// rig is a domain whose time the test turns by hand, and an arena.
type rig struct {
	domain *rcu.Domain
	arena  *Arena
	clock  atomic.Int64 // of the domain, nanoseconds
}

func newRig() *rig {
	r := &rig{arena: NewArena()}
	r.domain = rcu.New(rcu.Options{Now: func() time.Time { return time.Unix(0, r.clock.Load()) }})
	return r
}

// advance moves the domain's time on, far enough for one attempt, and makes it.
func (r *rig) advance() bool {
	r.clock.Add(int64(time.Millisecond))
	return r.domain.TryAdvance()
}

// collector is whatever has slots that wait.
type collector interface {
	Collect(shard uint32) (reclaimed int, more bool)
}

// drain reclaims all that waits. No section may be open.
func (r *rig) drain(t testing.TB, shards int, of ...collector) {
	t.Helper()
	// A slot waits for the list before its own, and then for its own: each takes
	// two moves of the epoch.
	for range 8 {
		more := false
		for _, c := range of {
			for at := range shards {
				_, m := c.Collect(uint32(at))
				more = more || m
			}
		}
		if !more {
			return
		}
		r.advance()
	}
	t.Fatal("slots still wait after all grace periods that they can need")
}

// settle reclaims all that waits, in a domain with a clock of its own. No
// section may be open, and none may come to be.
func settle(t testing.TB, d *rcu.Domain, shards int, of ...collector) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for range 4 {
		for _, c := range of {
			for at := range shards {
				c.Collect(uint32(at))
			}
		}
		if err := d.Synchronize(ctx); err != nil {
			t.Fatal("a section is still open: ", err)
		}
	}
}

// inside runs f in a read-side section.
func (r *rig) inside(f func()) {
	reader := r.domain.Borrow()
	defer r.domain.Return(reader)
	f()
}

// section is one that a random history has opened.
type section struct {
	reader *rcu.Reader
	open   bool
}

// sections are those of a random history.
type sections struct{ open []*section }

func (s *sections) enter(r *rig) {
	s.open = append(s.open, &section{r.domain.Borrow(), true})
}

func (s *sections) leave(r *rig, i int) {
	gone := s.open[i]
	gone.open = false
	r.domain.Return(gone.reader)
	s.open = append(s.open[:i:i], s.open[i+1:]...)
}

// now returns the sections that are open at present.
func (s *sections) now() []*section { return append([]*section(nil), s.open...) }

// anyOpen says whether one of them still is.
func anyOpen(some []*section) bool {
	for _, s := range some {
		if s.open {
			return true
		}
	}
	return false
}

// budgetOf returns a budget for Expire to take from.
func budgetOf(n int) *int { return &n }
