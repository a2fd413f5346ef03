package uapi_test

import (
	"cmp"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"time"
)

// modelWorld is the model as a world.
type modelWorld struct {
	*model
	place   *place
	clock   func() time.Duration
	ns      []*mNamespace
	sockets [sockets]*mSocket
	in      [sockets]int // the namespace of each socket
}

func newModelWorld(p *place, clock func() time.Duration) *modelWorld {
	w := &modelWorld{model: newModel(), place: p, clock: clock}
	for range p.foreign {
		w.ns = append(w.ns, &mNamespace{consistency: true, auto: 1})
	}
	w.now = clock()
	s := w.open(&mNamespace{}, protoUDP)
	for i := range p.pins + p.base {
		w.set(s, mCaller{admin: true, netAdmin: true, netRaw: true}, pin(i))
	}
	return w
}

func (w *modelWorld) close() {}

func (w *modelWorld) do(s *step, chosen *uint32) (o outcome) {
	if w.now = w.clock(); w.now >= minLinger*time.Second {
		w.collect() // no lease ends earlier
	}
	w.chosen = *chosen
	sock := w.sockets[s.sock]
	if needsSocket(s.op) && sock == nil || makesSocket(s.op) && sock != nil {
		return outcome{why: "nothing"}
	}
	by := w.place.callers[s.by].over(w.place.foreign[w.in[s.sock]])
	switch s.op {
	case opSet:
		buf := []byte(s.optval)
		o.errno, o.why = w.set(sock, by, buf)
		o.optval = string(buf)
		if w.chosen != *chosen {
			*chosen = w.chosen
		}
	case opQuery:
		o = w.answer(sock, []byte(s.optval))
	case opConnect:
		o.errno, o.why = w.connect(sock, s.value, s.other != 0)
	case opOpen:
		w.sockets[s.sock], w.in[s.sock] = w.open(w.ns[s.ns], int(s.value)), s.ns
		o.why = "socket ok"
	case opClose:
		o.why = "close ok"
		if len(sock.entries) > 0 {
			o.why = "close with entries ok"
		}
		w.model.close(sock)
		w.sockets[s.sock] = nil
	case opSettings:
		ns := w.ns[s.ns]
		ns.consistency, ns.stateRanges, ns.auto, ns.reflect = settingsBits(s.value)
		o.why = "sysctl ok"
	case opListing:
		o = outcome{rows: w.rows(w.ns[s.ns]), why: "listing"}
	case opAccept:
		o.errno, o.why = w.accept(s)
	}
	return o
}

// accept has a peer of the same namespace connect with a label of its choice.
// The socket that this brings about takes the label up if it reflects.
func (w *modelWorld) accept(s *step) (int, string) {
	ns := w.ns[s.ns]
	if ns.asked && w.guarded() {
		return einval, "accept EINVAL peer's label not held"
	}
	sock := w.open(ns, protoTCP)
	sock.remote = s.value
	if sock.reflects {
		sock.current = s.value
	}
	w.sockets[s.sock], w.in[s.sock] = sock, s.ns
	return ok, "accept ok"
}

func (w *modelWorld) answer(s *mSocket, buf []byte) outcome {
	l, label, errno, why := w.query(s, buf)
	if errno != ok {
		return outcome{errno: errno, why: why, optval: string(buf)}
	}
	b := make([]byte, len(buf))
	copy(b[32:], buf[32:])
	binary.BigEndian.PutUint32(b[16:], label)
	o := outcome{rows: []row{{}}, why: why}
	if l != nil {
		copy(b, l.dst[:])
		b[21] = l.share
		binary.NativeEndian.PutUint16(b[26:], uint16(l.linger/time.Second))
		o.rows[0].left = l.expires - w.now
	}
	o.optval = string(b)
	return o
}

func (w *modelWorld) rows(ns *mNamespace) (rows []row) {
	for _, l := range w.leases {
		if l.ns == ns {
			rows = append(rows, row{label: l.label, share: l.share, owner: uint32(l.owner), users: l.users,
				linger: int(l.linger / time.Second), dst: hex.EncodeToString(l.dst[:]), headers: l.headers,
				left: l.expires - w.now})
		}
	}
	slices.SortFunc(rows, func(a, b row) int { return cmp.Compare(a.label, b.label) })
	return rows
}
