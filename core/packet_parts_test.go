package core_test

import (
	"fmt"
	"slices"

	"pgregory.net/rapid"

	"github.com/flowlabel/flowlabel/core"
)

// The steps of TestPacketHistories that ask about parts of the packet path.

func (x *path) length(t *rapid.T) int {
	return rapid.SampledFrom([]int{0, 1, 31, 32, 33, 100}).Draw(t, "length")
}

// some draws n numbers below most, cheaply.
func some(t *rapid.T, what string, n, most int) []int {
	return rapid.SliceOfN(rapid.IntRange(0, most-1), n, n).Draw(t, what)
}

// send puts packets of any sockets to SendBurst, to Send and to the model.
func (x *path) send(t *rapid.T) {
	n := x.length(t)
	who, flows := some(t, "sockets", n, pathSockets), some(t, "flows", n, len(x.tuples))
	says := some(t, "says", n, 1<<3)
	addresses, controls := some(t, "addresses", n, pathLabels+2), some(t, "controls", n, pathLabels+2)
	sockets, tuples := make([]core.Socket, n), make([]core.Tuple, n)
	how, out := make([]core.Sending, n), make([]core.Decision, n)
	for i := range n {
		sockets[i], tuples[i] = x.sockets[who[i]], x.tuples[flows[i]]
		how[i] = core.Sending{
			Addressed: says[i]&1 != 0, Controlled: says[i]&2 != 0, LookUp: says[i]&4 != 0,
			Address: core.Label(addresses[i]), Control: core.Label(controls[i]),
		}
	}
	x.r.Enter()
	defer x.r.Exit()
	x.r.SendBurst(sockets, tuples, how, out)
	for i := range n {
		if d := x.r.Send(sockets[i], tuples[i], how[i]); d != out[i] {
			t.Fatalf("%+v: alone %+v, in a burst %+v", how[i], d, out[i])
		}
		p := x.plain[who[i]]
		want := x.w.send(p, plainSending{
			how[i].Addressed, how[i].Controlled, how[i].LookUp, uint32(how[i].Address), uint32(how[i].Control),
		})
		x.says(t, fmt.Sprintf("%+v", how[i]), p.space, want, plainOf(p.space.number, tuples[i]), out[i])
	}
}

func (x *path) check(t *rapid.T) {
	n := x.length(t)
	who, asks := some(t, "sockets", n, pathSockets), some(t, "labels", n, pathLabels+2)
	sockets, labels, out := make([]core.Socket, n), make([]core.Label, n), make([]core.Verdict, n)
	for i := range n {
		sockets[i], labels[i] = x.sockets[who[i]], core.Label(asks[i])
	}
	x.r.Enter()
	defer x.r.Exit()
	x.r.CheckBurst(sockets, labels, out)
	for i := range n {
		want := x.w.check(x.plain[who[i]], uint32(labels[i])).verdict
		if v := x.r.Check(sockets[i], labels[i]); v != out[i] || v.String() != want {
			t.Fatalf("label %#x of socket %d: alone %v, in a burst %v, want %s", labels[i], who[i], v, out[i], want)
		}
	}
}

func (x *path) find(t *rapid.T) {
	n := x.length(t)
	ns := rapid.IntRange(0, pathSpaces-1).Draw(t, "namespace")
	tuples, found := make([]core.Tuple, n), make([]core.Socket, n)
	for i, flow := range some(t, "flows", n, len(x.tuples)) {
		tuples[i] = x.tuples[flow]
	}
	x.r.Enter()
	defer x.r.Exit()
	x.r.FindBurst(x.spaces[ns], tuples, found)
	for i := range n {
		var want core.Socket
		if p := x.w.flows[plainOf(ns, tuples[i])]; p != nil {
			want = x.sockets[slices.Index(x.plain[:], p)]
		}
		s, ok := x.r.Find(x.spaces[ns], &tuples[i])
		if s != want || found[i] != want || ok != (want != core.Socket{}) {
			t.Fatalf("%v: alone %v %v, in a burst %v, want %v", tuples[i], s, ok, found[i], want)
		}
	}
}

func (x *path) share(t *rapid.T) {
	n := x.length(t)
	ns := rapid.IntRange(0, pathSpaces-1).Draw(t, "namespace")
	labels, out := make([]core.Label, n), make([]core.Share, n)
	for i, label := range some(t, "labels", n, pathLabels+3) {
		labels[i] = core.Label(label)
		if label == pathLabels+2 {
			labels[i] = core.MaxLabel + 2 // whose low bits are those of a label
		}
	}
	x.r.Enter()
	defer x.r.Exit()
	x.r.ShareOfBurst(x.spaces[ns], labels, out)
	for i, label := range labels {
		want := core.None
		if l := x.w.spaces[ns].leases[uint32(label)]; l != nil {
			want = core.Share(l.share)
		}
		if got := x.r.ShareOf(x.spaces[ns], label); got != want || out[i] != want {
			t.Fatalf("label %#x: alone %v, in a burst %v, want %v", label, got, out[i], want)
		}
	}
}

func (x *path) reply(t *rapid.T) {
	ns := rapid.IntRange(0, pathSpaces-1).Draw(t, "namespace")
	tup := rapid.SampledFrom(x.tuples).Draw(t, "flow")
	received := x.anyLabel(t)
	kind, bit := core.ResetReply, 2
	if rapid.Bool().Draw(t, "echo") {
		kind, bit = core.EchoReply, 4
	}
	x.r.Enter()
	label := x.r.Reply(x.spaces[ns], kind, tup, core.Label(received))
	x.r.Exit()
	s := x.w.spaces[ns]
	if want := s.reply(bit, received); !s.explains(want, plainOf(ns, tup), uint32(label)) {
		t.Fatalf("reply %d to label %#x: %#x, want %+v", kind, received, label, want)
	}
}
