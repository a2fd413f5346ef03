package main

import (
	"github.com/flowlabel/flowlabel/core"
	"github.com/flowlabel/flowlabel/perf/plain"
)

// before is what is noted of a burst before it is sent.
type before struct {
	versions [burstLen]uint32
	prints   [burstLen]plain.Print
}

// verify sends a burst and compares what becomes of it with the model.
//
// The order makes it sound: the flow's version, then the engine, then the model,
// then the version again. A controller makes the version odd before it touches
// engine or model, and even after, so between two equal even versions both stood
// still as far as this flow is concerned. A flow that was in motion is passed
// over; that depends on nothing that the engine said.
func (w *worker) verify(b *burst) {
	for i, f := range b.flows {
		w.before.versions[i] = f.version.Load()
		w.before.prints[i] = plain.NewPrint(f.packet)
	}
	w.send(b)
	if w.tamper != nil {
		w.tamper(b)
	}
	compared := 0
	for i, f := range b.flows {
		want, headers := f.home.space.model.Judge(f.home.id, uint32(b.labels[i]))
		if v := w.before.versions[i]; v&1 != 0 || f.version.Load() != v {
			continue
		}
		compared++
		w.compare(b, i, want, headers)
	}
	w.passedOver += int64(len(b.flows) - compared)
	w.verified.Add(int64(compared))
	w.packets.Add(int64(len(b.flows)))
}

// verdicts are the engine's, as the model calls them.
var verdicts = map[core.Verdict]plain.Verdict{
	core.Refused:            plain.Refused,
	core.Allowed:            plain.Allowed,
	core.AllowedWithHeaders: plain.AllowedWithHeaders,
	core.Stale:              plain.Stale,
}

// compare compares one packet with what the model expects of it.
func (w *worker) compare(b *burst, i int, want plain.Verdict, headers int) {
	f, label := b.flows[i], b.labels[i]
	if got, known := verdicts[b.verdicts[i]]; !known || got != want {
		w.failures.report("%v, label %#05x: the engine says %v, the model %v", f, label, got, want)
		return
	}
	if want == plain.AllowedWithHeaders && b.headers[i].Len() != headers {
		w.failures.report("%v, label %#05x: %d bytes of headers, %d in the model",
			f, label, b.headers[i].Len(), headers)
	}
	got, sent := plain.NewPrint(f.packet), w.before.prints[i].Sent(want, uint32(label))
	switch {
	case got.Label != sent.Label:
		w.failures.report("%v, %v packet of %d bytes: label %#05x written, %#05x expected",
			f, want, len(f.packet), got.Label, sent.Label)
	case got.Rest != sent.Rest:
		w.failures.report("%v, %v packet of %d bytes: changed outside the label", f, want, len(f.packet))
	}
}

// audit compares engine and model once more, when nothing changes any more: what
// becomes of a packet of each flow, and who has leases.
func (l *load) audit() {
	for _, w := range l.workers {
		w.next = 0
		for sent := 0; sent < len(w.flows); sent += len(w.burst.flows) {
			w.verify(w.nextBurst())
		}
	}
	for _, s := range l.spaces {
		s.audit(&l.failures)
	}
}

// audit compares the engine's list of leases with the model.
func (s *space) audit(failures *failures) {
	leased := 0
	for lease := range s.ns.Leases() {
		users, terms := s.model.Users(uint32(lease.Label))
		got := plain.Terms{Share: uint8(lease.Share), Owner: lease.Owner, Headers: lease.HeaderBytes}
		if lease.Users != users || users > 0 && got != terms {
			failures.report("namespace %d, label %#05x: listed as %+v with %d users, in the model %+v with %d",
				s.number, lease.Label, got, lease.Users, terms, users)
		}
		if users > 0 {
			leased++
		}
	}
	if want := s.model.Leased(); leased != want {
		failures.report("namespace %d: %d leases with users, %d in the model", s.number, leased, want)
	}
}
