package uapi_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// story is what befalls a label: it is leased, joined, renewed, refused, given
// up and taken up again, at random moments, and left alone in the end.
type story struct {
	ns, label int
	places    [2]int // the sockets that take part
	share     byte
	plan      []deed // to be done yet, in the order of time
	past      []deed

	lingers  bool // and so ends, at deadline
	deadline time.Duration
	pushes   bool          // its end will be put off by a refusal, once
	asked    time.Duration // the deadline that the last question was asked before
	told     bool
}

// deed is a step of a story.
type deed struct {
	at      time.Duration
	step    step
	release bool // all uses are to be given up, instead of a step
}

const (
	planned  = 9 * time.Second  // when the last deed is done
	maxSpan  = 13 * time.Second // the longest linger and expires asked for
	lastPush = 11 * time.Second // no end is put off later than that
)

func (s *story) String() string {
	b := &strings.Builder{}
	for _, d := range s.past {
		fmt.Fprintf(b, "\t%8v %#v\n", d.at.Round(time.Millisecond), d.step)
	}
	return b.String()
}

// story makes the story of label i+1. A short one lingers as shortly as can be.
func (h *history) story(i int, short bool) *story {
	s := &story{ns: i % 3, label: i + 1, pushes: h.IntN(3) == 0,
		share: pick[byte](h, shareAny, shareAny, shareAny, shareProcess, shareUser, shareExcl)}
	for j := range s.places {
		s.places[j] = (s.ns + 3*h.IntN(sockets)) % sockets
		for s.places[j]%3 != s.ns {
			s.places[j] = (s.places[j] + 1) % sockets
		}
	}
	begin := time.Duration(h.IntN(3000)) * time.Millisecond
	add := func(at time.Duration, d deed) {
		d.at = at
		s.plan = append(s.plan, d)
	}
	add(begin, deed{step: h.ask(s, short, 1)})
	for range h.IntN(7) {
		at := begin + time.Duration(h.Int64N(int64(planned-begin)))
		if h.IntN(4) == 0 {
			add(at, deed{release: true})
		} else {
			add(at, deed{step: h.scene(s, short)})
		}
	}
	slices.SortFunc(s.plan, func(a, b deed) int { return cmp.Compare(a.at, b.at) })
	add(s.plan[len(s.plan)-1].at, deed{release: true})
	return s
}

// spans are of any length that is waited for.
func (h *history) spans(r *wire, short bool) {
	most := int(maxSpan / time.Second)
	if short {
		most = minLinger
	}
	r.linger = pick(h, 0, minLinger, uint16(minLinger+h.IntN(most-minLinger+1)))
	r.expires = pick(h, 0, uint16(h.IntN(most+1)))
}

// ask is a GET with flags by one who may.
func (h *history) ask(s *story, short bool, flags uint16) step {
	r := wire{dst: goodDst, label: uint32(s.label), share: s.share, flags: flags}
	h.spans(&r, short)
	return s.request(h, r, 0)
}

func (s *story) request(h *history, r wire, by int) step {
	r.label = uint32(s.label)
	return step{op: opSet, ns: s.ns, sock: pick(h, s.places[:]...), by: by, optval: r.encode()}
}

// Callers other than the first: one whom no quota concerns, either, and one who
// may not ask for long lingers.
const (
	otherAdmin = 5
	nobody     = 2
)

// scene is a step that may do something to a lease, or be refused. Of the
// refusals, those that say EEXIST or EPERM put the end of a linger off, and
// those that say ENOENT, ESRCH or EINVAL do not.
func (h *history) scene(s *story, short bool) step {
	r := wire{dst: goodDst, share: s.share, flags: 1}
	by := pick(h, 0, 0, 0, otherAdmin)
	switch h.IntN(12) {
	case 0, 1, 2:
		return h.ask(s, short, 1) // join, revive or create
	case 3:
		return h.ask(s, short, pick[uint16](h, 0, 2)) // not without CREATE
	case 4:
		return h.ask(s, short, 3) // not if it exists
	case 5:
		r.share = pick[byte](h, shareAny, shareProcess, shareUser, shareExcl)
	case 6:
		by = otherAdmin
	case 7:
		r.dst = [16]byte{}
	case 8:
		r.linger, by = maxLinger+1, nobody
		return s.request(h, r, by)
	case 9:
		r.action = 2
	case 10:
		r.action, r.share = 2, shareNone
	case 11:
		r.action = 1
	}
	h.spans(&r, short)
	return s.request(h, r, by)
}

// turn does what is due in a story.
func (e *expiry) turn(s *story) {
	now := time.Since(e.start)
	l := e.model.index[mKey{e.model.ns[s.ns], uint32(s.label)}]
	if l != nil {
		s.lingers, s.deadline = l.users == 0, l.expires
	}
	switch {
	case s.told || e.silent(s, now):
	case len(s.plan) > 0:
		if d := s.plan[0]; now >= d.at {
			s.plan = s.plan[1:]
			e.act(s, d)
		}
	case !s.lingers: // until its socket is closed
	case now < s.deadline:
		e.blocked(s, now)
	case e.listed[s.ns] > s.deadline+lateness+e.slow: // it was seen to be gone
		e.free(s)
	}
}

func (e *expiry) act(s *story, d deed) {
	if !d.release {
		e.tell(s, d.step)
		return
	}
	put := wire{label: uint32(s.label), action: 1}
	for _, place := range s.places {
		sock := e.model.sockets[place]
		for place < closing && sock.find(put.label) >= 0 {
			e.tell(s, step{op: opSet, ns: s.ns, sock: place, optval: put.encode()})
		}
	}
}

// blocked asks for a label just before its lease ends: so early that a slow
// machine, too, comes by in time. To ask for a fresh lease puts the end off.
func (e *expiry) blocked(s *story, now time.Duration) {
	last := s.deadline - beforeEnd - e.slow - min(max(lastCall, 2*e.round), firstCall)
	if now < last || s.asked == s.deadline {
		return
	}
	r := wire{dst: goodDst, label: uint32(s.label), share: s.share}
	if s.pushes && now < lastPush {
		s.pushes, r.flags = false, 3
	} else {
		s.asked = s.deadline
	}
	e.tell(s, step{op: opSet, ns: s.ns, sock: s.ns, optval: r.encode()})
}

// free asks for a label whose lease has ended, and has something else of it.
func (e *expiry) free(s *story) {
	r := wire{dst: [16]byte{0xfd, 15: byte(s.label)}, label: uint32(s.label), share: shareAny}
	if s.share == shareAny {
		r.share = shareUser
	}
	for _, r.flags = range []uint16{0, 3} { // ENOENT, and a fresh lease
		e.tell(s, step{op: opSet, ns: s.ns, sock: s.ns, optval: r.encode()})
	}
	if s.told, s.lingers = true, false; s.asked == s.deadline {
		e.ended++
	}
}
