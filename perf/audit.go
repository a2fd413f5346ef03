package main

import (
	"sync"

	"github.com/flowlabel/flowlabel/perf/plain"
)

// audit compares engine and model once more, when nothing changes any more: what
// becomes of a packet of each flow, and who has leases.
func (l *load) audit() {
	var all sync.WaitGroup
	for _, w := range l.workers {
		all.Go(w.audit)
	}
	all.Wait()
	for _, s := range l.spaces {
		s.audit(&l.failures)
	}
}

// audit receives and sends everything once.
func (w *worker) audit() {
	for i := range w.lists {
		l := &w.lists[i]
		for from := 0; from < len(l.answers); from += w.burstLen {
			w.verifyReceive(l.incoming(&w.burst, from, w.burstLen))
		}
		for from := 0; from < len(l.flows); from += w.burstLen {
			w.verify(l.burst(&w.burst, from, w.burstLen))
		}
	}
}

// audit compares the engine's list of leases with the model.
func (s *space) audit(failures *failures) {
	leased := 0
	for lease := range s.ns.Leases() {
		users, terms := s.model.Users(uint32(lease.Label))
		got := plain.Terms{Share: uint8(lease.Share), Owner: lease.Owner, Headers: terms.Headers}
		if lease.Users != users || users > 0 && (got != terms || lease.HeaderBytes != terms.Headers.Len()) {
			failures.report("namespace %d, label %#05x: listed as %+v with %d users and %d bytes of headers, in the model %+v with %d",
				s.number, lease.Label, got, lease.Users, lease.HeaderBytes, terms, users)
		}
		if users > 0 {
			leased++
		}
	}
	if want := s.model.Leased(); leased != want {
		failures.report("namespace %d: %d leases with users, %d in the model", s.number, leased, want)
	}
}
