package core_test

import (
	"errors"
	"math/rand/v2"
	"net/netip"
	"runtime"
	"slices"

	"github.com/flowlabel/flowlabel/core"
)

const hotFlows = 8 // that all want

// hotTuple is a flow of somebody.
func hotTuple(owner, n uint16) core.Tuple {
	t, _ := core.NewTuple(protoUDP, netip.AddrPortFrom(dst1, 100*owner+n), netip.AddrPortFrom(dst2, 53))
	return t
}

// bind is a worker that binds flows of its own, which nobody but itself unbinds,
// and asks the packet path about them; and that binds flows which all want, to
// sockets that others close.
func (x *torture) bind(me uint16) {
	rng := rand.New(rand.NewPCG(rand.Uint64(), 5))
	r := x.eng.Reader("torture binder")
	defer r.Close()
	own, err := x.quiet.Socket(core.SocketOptions{})
	x.allow("Socket", err)
	for n := uint16(0); !x.stop.Load(); n++ {
		x.hot(rng)
		flow := hotTuple(me+1, n%50)
		if err := own.Bind(flow); errors.Is(err, core.ErrTableFull) {
			continue // by those of others, and by what waits for readers
		} else if err != nil {
			x.wrong("flow of worker %d: %v", me, err)
		}
		x.packets(r, own, flow, core.Allowed)
		if x.thief && n%20 == 19 {
			_ = own.Unbind(flow)
		}
		x.packets(r, own, flow, core.Allowed)
		if err := own.Unbind(flow); err != nil {
			x.wrong("flow of worker %d: %v", me, err)
		}
		x.packets(r, own, flow, core.Unbound)
	}
}

// packets puts packets of a flow of worker's own to the path, among others.
func (x *torture) packets(r *core.Reader, own core.Socket, flow core.Tuple, want core.Verdict) {
	burst := [][]byte{packetOf(flow, 0), packetOf(hotTuple(0, 1), 1), packetOf(hotTuple(0, 2), 0), packetOf(flow, 0, extHop)}
	out := make([]core.Decision, len(burst))
	before := clones(burst)
	r.Enter()
	r.LabelBurst(x.quiet, burst, out)
	found, ok := r.Find(x.quiet, &flow)
	for i := range x.spaces {
		ns := x.spaces[i].Load()
		r.LabelBurst(ns, clones(burst), make([]core.Decision, len(burst)))
		r.Receive(ns, packetOf(hotTuple(0, 3).Reversed(), core.Label(i+1)))
	}
	r.Exit()
	for _, i := range []int{0, len(burst) - 1} {
		if out[i].Verdict != want || (out[i].Label != 0) != (want == core.Allowed) {
			x.wrong("flow: %+v, want %v", out[i], want)
		}
		if want != core.Allowed && !slices.Equal(before[i], burst[i]) {
			x.wrong("flow: a packet was written to: %v", out[i].Verdict)
		}
	}
	if ok != (want == core.Allowed) || ok && found != own {
		x.wrong("flow found: %v, want %v", ok, want)
	}
	x.operations.Add(int64(2*len(burst)) + 1)
}

// hot binds and unbinds flows that all want, on sockets that others close.
func (x *torture) hot(rng *rand.Rand) {
	for range 4 {
		s := *x.sockets[rng.IntN(hotSockets)].Load()
		flow := hotTuple(0, uint16(rng.IntN(hotFlows)))
		if rng.IntN(2) == 0 {
			x.allow("Bind", s.Bind(flow))
		} else {
			x.allow("Unbind", s.Unbind(flow))
		}
		x.operations.Add(1)
		runtime.Gosched()
	}
}
