package core_test

import (
	"errors"
	"math/rand/v2"
	"runtime"
	"time"

	"github.com/flowlabel/flowlabel/core"
)

// check is a worker that puts packets to sockets: some of its own, whose
// verdicts it knows, and those that others change and close.
func (x *torture) check() {
	rng := rand.New(rand.NewPCG(rand.Uint64(), 1))
	r := x.eng.Reader("torture")
	defer r.Close()
	own, err := x.quiet.Socket(core.SocketOptions{})
	shut, err2 := x.quiet.Socket(core.SocketOptions{})
	x.allow("Socket", errors.Join(err, err2))
	_ = shut.Close()
	req := core.Request{Dst: dst1, Share: core.Exclusive, Create: true}
	for !x.stop.Load() {
		mine, err := own.Get(req)
		if !x.allow("Get", err) {
			continue
		}
		for range 20 {
			r.Enter()
			for range burstChecks {
				if v := r.Check(own, mine); v != core.Allowed {
					x.wrong("verdict %d on a label that is held", v)
				}
				if v := r.Check(own, mine%core.MaxLabel+1); v != core.Refused {
					x.wrong("verdict %d on a label that is not held", v)
				}
				if v := r.Check(shut, mine); v != core.Stale {
					x.wrong("verdict %d on a closed socket", v)
				}
				hot := x.sockets[rng.IntN(hotSockets)].Load()
				r.Check(*hot, core.Label(rng.IntN(hotLabels)+1))
				r.Headers(*hot, core.Label(rng.IntN(hotLabels)+1))
			}
			r.Exit()
			x.operations.Add(5 * burstChecks)
			runtime.Gosched()
		}
		x.allow("Put", own.Put(mine))
	}
}

// exclude is a worker that wants labels for itself alone. By the books a label
// has one holder at a time, and none while it lingers.
func (x *torture) exclude(me int64) {
	rng := rand.New(rand.NewPCG(rand.Uint64(), 2))
	s, err := x.quiet.Socket(core.SocketOptions{})
	x.allow("Socket", err)
	for n := int64(0); !x.stop.Load(); n++ {
		label := core.Label(rng.IntN(hotLabels) + 1)
		book := &x.books[label]
		_, err := s.Get(core.Request{Label: label, Dst: dst1, Share: x.share, Create: true, Linger: bookLinger})
		x.operations.Add(1)
		if !x.allow("Get", err) {
			runtime.Gosched()
			continue
		}
		if other := book.holder.Swap(me); other != 0 {
			x.wrong("label %#x held by worker %d and worker %d", label, other, me)
		}
		if early := book.until.Load() - x.now(); early > 0 {
			x.wrong("label %#x was free %v early", label, time.Duration(early))
		}
		if rng.IntN(4) == 0 {
			x.allow("Renew", s.Renew(core.Request{Label: label}))
		}
		runtime.Gosched()
		book.holder.Store(0)
		book.until.Store(x.now() + int64(bookLinger))
		x.allow("Put", s.Put(label))
	}
}

// churn is a worker that does anything to the hot sockets.
func (x *torture) churn() {
	rng := rand.New(rand.NewPCG(rand.Uint64(), 3))
	modes := []core.Share{core.Any, core.Any, core.Process, core.User, core.Exclusive}
	for !x.stop.Load() {
		s := *x.sockets[rng.IntN(hotSockets)].Load()
		label := core.Label(rng.IntN(hotLabels) + 1)
		x.operations.Add(1)
		switch n := rng.IntN(100); {
		case n < 45:
			req := core.Request{
				Label: label, Dst: dst1, Share: modes[rng.IntN(len(modes))], Create: rng.IntN(4) != 0,
				Linger: time.Duration(rng.IntN(3)) * time.Millisecond,
				By:     &core.Credentials{Process: uint64(rng.IntN(2)), User: uint64(rng.IntN(2)), Privileges: core.NetRaw},
			}
			if rng.IntN(8) == 0 {
				req.Headers = &core.Headers{HopByHop: header(8, 0)}
			}
			if rng.IntN(8) == 0 {
				req.Label = 0
			}
			_, err := s.Get(req)
			x.allow("Get", err)
		case n < 85:
			x.allow("Put", s.Put(label))
		case n < 92:
			x.allow("Renew", s.Renew(core.Request{Label: label, By: &core.Credentials{Privileges: core.NetAdmin}}))
		case n < 95:
			x.allow("Connect", s.Connect(label))
			s.Received(label)
		case n < 97:
			_, err := s.Query()
			x.allow("Query", err)
		default:
			x.look(s.Namespace(), rng)
		}
		if rng.IntN(16) == 0 {
			runtime.Gosched()
		}
	}
}

// look lists, counts or purges a namespace's leases.
func (x *torture) look(ns *core.Namespace, rng *rand.Rand) {
	switch rng.IntN(4) {
	case 0:
		last := core.Label(0)
		for l := range ns.Leases() {
			if l.Label <= last || l.Users < 0 {
				x.wrong("listing: %+v after label %#x", l, last)
			}
			last = l.Label
		}
	case 1:
		x.eng.Stats()
	case 2:
		x.eng.Advance(rng.IntN(50))
	default:
		ns.Purge()
	}
}

// replace is a worker that closes hot sockets and namespaces, in the midst of
// what the others do to them, and puts new ones into their places.
func (x *torture) replace() {
	rng := rand.New(rand.NewPCG(rand.Uint64(), 4))
	for n := 0; !x.stop.Load(); n++ {
		i := rng.IntN(hotSpaces)
		if n%50 == 0 {
			name := x.spaces[i].Load().Name()
			_ = x.spaces[i].Load().Close()
			x.spaces[i].Store(x.space(name))
		}
		j := rng.IntN(hotSockets)
		old := *x.sockets[j].Load()
		if s, err := x.spaces[i].Load().Socket(core.SocketOptions{Protocol: core.TCP}); x.allow("Socket", err) {
			x.sockets[j].Store(&s)
			_ = old.Close()
		}
		x.operations.Add(2)
		time.Sleep(50 * time.Microsecond) // the pace at which sockets come and go
	}
}
