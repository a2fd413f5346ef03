package core_test

import (
	"errors"
	"slices"

	"pgregory.net/rapid"

	"github.com/flowlabel/flowlabel/core"
)

// The steps of TestPacketHistories that change something, and the lookups of
// single parts.

func (x *path) pick(t *rapid.T) (int, core.Socket, *plainSocket) {
	i := rapid.IntRange(0, pathSockets-1).Draw(t, "socket")
	return i, x.sockets[i], x.plain[i]
}

func (x *path) anyLabel(t *rapid.T) uint32 {
	return uint32(rapid.IntRange(0, pathLabels+1).Draw(t, "label"))
}

// get leases a label. Whether that is granted is not this model's business.
func (x *path) get(t *rapid.T) {
	_, s, p := x.pick(t)
	label := uint32(rapid.IntRange(1, pathLabels).Draw(t, "label"))
	req := core.Request{Label: core.Label(label), Dst: dst1, Share: core.Any, Create: rapid.IntRange(0, 4).Draw(t, "create") != 0}
	if rapid.IntRange(0, 2).Draw(t, "user") == 0 {
		req.Share = core.User
	}
	headers := 8 * rapid.SampledFrom([]int{0, 0, 1, 2}).Draw(t, "headers")
	if headers != 0 {
		req.Headers = &core.Headers{HopByHop: header(headers, headers/8-1)}
	}
	_, err := s.Get(req)
	guards := req.Share != core.Any || headers != 0
	p.space.asked = p.space.asked || guards && !p.closed
	if err != nil {
		return
	}
	if p.space.leases[label] == nil {
		p.space.leases[label] = &plainLease{share: int(req.Share), headers: headers}
	}
	p.space.leases[label].users++
	p.held = append(p.held, label)
}

func (x *path) put(t *rapid.T) {
	_, s, p := x.pick(t)
	if len(p.held) == 0 {
		return
	}
	label := rapid.SampledFrom(p.held).Draw(t, "label")
	x.rig.put(s, core.Label(label))
	p.put(label)
}

func (x *path) purge(t *rapid.T) {
	ns := rapid.IntRange(0, pathSpaces-1).Draw(t, "namespace")
	x.spaces[ns].Purge()
	for label, l := range x.w.spaces[ns].leases {
		if l.users == 0 {
			delete(x.w.spaces[ns].leases, label)
		}
	}
}

func (x *path) bind(t *rapid.T) {
	_, s, p := x.pick(t)
	tup := rapid.SampledFrom(x.tuples).Draw(t, "flow")
	f := plainOf(p.space.number, tup)
	err := s.Bind(tup)
	switch {
	case p.closed:
		if !errors.Is(err, core.ErrClosed) {
			t.Fatalf("Bind to a closed socket: %v", err)
		}
	case x.w.flows[f] != nil:
		if !errors.Is(err, core.ErrBound) {
			t.Fatalf("Bind of a flow that is bound: %v", err)
		}
	default:
		if err != nil {
			t.Fatal(err)
		}
		x.w.flows[f] = p
	}
}

func (x *path) unbind(t *rapid.T) {
	_, s, p := x.pick(t)
	tup := rapid.SampledFrom(x.tuples).Draw(t, "flow")
	f := plainOf(p.space.number, tup)
	err := s.Unbind(tup)
	if mine := !p.closed && x.w.flows[f] == p; mine != (err == nil) {
		t.Fatalf("Unbind: %v, bound: %v", err, mine)
	} else if mine {
		delete(x.w.flows, f)
	}
}

func (x *path) connect(t *rapid.T) {
	_, s, p := x.pick(t)
	label := x.anyLabel(t)
	err := s.Connect(core.Label(label))
	ok := !p.closed && (label == 0 || !x.w.enforced(p.space) || slices.Contains(p.held, label))
	if ok != (err == nil) {
		t.Fatalf("Connect(%#x): %v, want success: %v", label, err, ok)
	} else if ok {
		p.current = label
	}
}

func (x *path) reflect(t *rapid.T) {
	i, s, p := x.pick(t)
	if p.closed || pathProtocols[i] != core.TCP {
		return
	}
	if rapid.Bool().Draw(t, "stop") {
		if p.reflects != (s.StopReflecting() == nil) {
			t.Fatal("StopReflecting")
		}
		if p.reflects {
			p.reflects, p.current = false, 0
		}
		return
	}
	if err := s.Reflect(); err == nil {
		p.reflects = true
	} else if !errors.Is(err, core.ErrConsistency) {
		t.Fatal(err)
	}
}

func (x *path) choose(t *rapid.T) {
	_, s, p := x.pick(t)
	p.choice = rapid.IntRange(0, 2).Draw(t, "choice")
	if err := s.ChooseAutoLabels(core.AutoChoice(p.choice)); p.closed != (err != nil) {
		t.Fatal(err)
	}
}

func (x *path) set(t *rapid.T) {
	ns := rapid.IntRange(0, pathSpaces-1).Draw(t, "namespace")
	s := x.w.spaces[ns]
	s.autoLabels = rapid.IntRange(0, 3).Draw(t, "auto")
	s.stateRanges = rapid.Bool().Draw(t, "ranges")
	s.reflect = rapid.IntRange(0, 7).Draw(t, "reflect")
	if err := x.spaces[ns].SetSettings(core.Settings{
		Consistency: rapid.Bool().Draw(t, "consistency"), AutoLabels: uint8(s.autoLabels),
		StateRanges: s.stateRanges, Reflect: uint8(s.reflect),
	}); err != nil {
		t.Fatal(err)
	}
}

// reopen closes a socket, and mostly opens another in its place.
func (x *path) reopen(t *rapid.T) {
	i, s, p := x.pick(t)
	_ = s.Close()
	x.w.end(p)
	if rapid.IntRange(0, 3).Draw(t, "again") != 0 {
		x.open(i, p.space.number)
	}
}

// replace closes a namespace and makes another, with sockets as before.
func (x *path) replace(t *rapid.T) {
	if rapid.IntRange(0, 3).Draw(t, "really") != 0 {
		return
	}
	ns := rapid.IntRange(0, pathSpaces-1).Draw(t, "namespace")
	old := x.spaces[ns]
	_ = old.Close()
	x.drain()
	x.spaces[ns], x.w.spaces[ns] = x.space(old.Name()), newPlainSpace(ns)
	for i, p := range x.plain {
		if p.space.number == ns {
			x.w.end(p)
			x.open(i, ns)
		}
	}
}

func (x *path) compare(t *rapid.T) {
	for i, s := range x.sockets {
		p := x.plain[i]
		current, reflects, err := s.Current()
		remote, err2 := s.Remote()
		auto, err3 := s.AutoLabels()
		if p.closed {
			if err == nil || err2 == nil || err3 == nil {
				t.Fatalf("socket %d is closed: %v, %v, %v", i, err, err2, err3)
			}
			continue
		}
		mode := p.space.autoLabels
		want := p.choice == 2 || p.choice == 0 && (mode == 1 || mode == 3)
		if uint32(current) != p.current || reflects != p.reflects || uint32(remote) != p.remote || auto != want {
			t.Fatalf("socket %d: current %#x, reflects %v, remote %#x, auto %v, want %+v", i, current, reflects, remote, auto, p)
		}
	}
	if n := x.Stats().Flows; n != len(x.w.flows) {
		t.Fatalf("%d flows by the statistics, want %d", n, len(x.w.flows))
	}
}
