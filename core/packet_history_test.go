package core_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/flowlabel/flowlabel/core"
)

const (
	pathSpaces  = 2
	pathSockets = 5
	pathLabels  = 4
)

// path is the engine's packet path and the model side by side.
type path struct {
	*rig
	r        *core.Reader
	w        plainWorld
	spaces   [pathSpaces]*core.Namespace
	sockets  [pathSockets]core.Socket
	plain    [pathSockets]*plainSocket
	tuples   []core.Tuple
	odd      [][]byte
	packets  int // that were put to both, and
	labelled int // those that got another label
}

var pathProtocols = [pathSockets]core.Protocol{core.TCP, core.UDP, core.Ping, core.TCP, core.Raw}

func newPath(t *testing.T, rt *rapid.T) *path {
	rules := rapid.SampledFrom([]core.Rules{{}, linux()}).Draw(rt, "rules")
	rules.Policy = rapid.SampledFrom([]core.Policy{core.ExclusiveInNamespace, core.ExclusiveInEngine, core.Strict}).Draw(rt, "policy")
	x := &path{rig: newRig(t, core.Options{Rules: rules, Shards: 2})}
	x.w = plainWorld{
		policy:      []string{"exclusive in namespace", "exclusive in engine", "strict"}[rules.Policy],
		bareCurrent: rules.BareCurrent,
		vouches:     rules.AddressVouches,
		flows:       make(map[plainFlow]*plainSocket),
	}
	x.r = x.Reader("path")
	x.tuples = []core.Tuple{
		tupleWith(t, protoTCP, dst1, dst2, 1000, 80), tupleWith(t, protoTCP, dst2, dst1, 80, 1000),
		tupleWith(t, protoUDP, dst1, dst2, 1000, 80), tupleWith(t, protoICMPv6, dst1, dst2, 7, 0),
		tupleWith(t, protoICMPv6, dst1, dst2, 0, 0), tupleWith(t, protoTest, dst1, dst2, 0, 0),
	}
	odd := oddPackets(t)
	for _, name := range sortedKeys(odd) {
		x.odd = append(x.odd, odd[name])
	}
	for i := range x.spaces {
		x.spaces[i] = x.space(fmt.Sprint(i))
		x.w.spaces = append(x.w.spaces, newPlainSpace(i))
	}
	for i := range x.sockets {
		x.open(i, i%pathSpaces)
	}
	return x
}

func newPlainSpace(i int) *plainSpace {
	return &plainSpace{
		number: i, leases: make(map[uint32]*plainLease), autos: make(map[plainAuto]uint32), autoLabels: 1,
	}
}

func sortedKeys[V any](m map[string]V) (keys []string) {
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// open makes a socket. It reflects from the start if the namespace says so.
func (x *path) open(i, ns int) {
	space := x.w.spaces[ns]
	x.sockets[i] = x.socketWith(x.spaces[ns], core.SocketOptions{Protocol: pathProtocols[i], Owner: core.Credentials{Privileges: core.NetRaw}})
	_, reflects, err := x.sockets[i].Current()
	if want := space.reflect&1 != 0 && (pathProtocols[i] == core.TCP || x.w.bareCurrent); err != nil || reflects != want {
		x.Fatalf("a new socket reflects: %v, %v, want %v", reflects, err, want)
	}
	x.plain[i] = &plainSocket{space: space, ping: pathProtocols[i] == core.Ping, reflects: reflects}
}

// says fails the history unless the engine's decision is the model's.
func (x *path) says(t *rapid.T, what string, s *plainSpace, d plainDecision, f plainFlow, got core.Decision) {
	if got.Verdict.String() != d.verdict {
		t.Fatalf("%s: %v, label %#x, want %+v", what, got.Verdict, got.Label, d)
	}
	if d.verdict == "allowed" || d.verdict == "allowed with headers" || d.verdict == "refused" {
		if !s.explains(d, f, uint32(got.Label)) {
			t.Fatalf("%s: label %#x, want %+v, before %#x", what, got.Label, d, s.autos[plainAuto{f, s.stateRanges}])
		}
	}
	if n := x.r.HeadersOf(got).WireLen(); n != d.headers {
		t.Fatalf("%s: %d bytes of headers, want %+v", what, n, d)
	}
}

// burst draws a burst of packets: good ones, some with extension headers, and
// odd ones.
func (x *path) burst(t *rapid.T) [][]byte {
	n := rapid.SampledFrom([]int{0, 1, 2, 5, 31, 32, 33, 100}).Draw(t, "length")
	packets := make([][]byte, n)
	for i := range packets {
		choice := rapid.IntRange(0, 9).Draw(t, "packet")
		switch label := core.Label(rapid.IntRange(0, pathLabels+1).Draw(t, "label")); choice {
		case 0:
			packets[i] = slices.Clone(rapid.SampledFrom(x.odd).Draw(t, "odd"))
		case 1:
			packets[i] = packetOf(x.tuples[rapid.IntRange(0, len(x.tuples)-1).Draw(t, "flow")], label, extHop, extFirst)
		default:
			packets[i] = packetOf(x.tuples[rapid.IntRange(0, len(x.tuples)-1).Draw(t, "flow")], label)
		}
	}
	return packets
}

func clones(packets [][]byte) [][]byte {
	c := make([][]byte, len(packets))
	for i := range packets {
		c[i] = slices.Clone(packets[i])
	}
	return c
}

// label puts a burst to LabelBurst, to Label and to the model.
func (x *path) label(t *rapid.T) {
	ns := rapid.IntRange(0, pathSpaces-1).Draw(t, "namespace")
	burst := x.burst(t)
	single, plain := clones(burst), clones(burst)
	out := make([]core.Decision, len(burst)+1)
	x.r.Enter()
	defer x.r.Exit()
	x.r.LabelBurst(x.spaces[ns], burst, out)
	if out[len(burst)] != (core.Decision{}) {
		t.Fatal("a decision about no packet")
	}
	for i := range burst {
		d := x.r.Label(x.spaces[ns], single[i])
		if d != out[i] || !bytes.Equal(single[i], burst[i]) {
			t.Fatalf("packet %d: alone %+v %x\nin a burst %+v %x", i, d, single[i], out[i], burst[i])
		}
		before := slices.Clone(plain[i])
		want, f := x.w.label(ns, plain[i])
		x.says(t, fmt.Sprintf("packet %d, %x", i, before), x.w.spaces[ns], want, f, d)
		if want.automatic {
			plainRewrite(plain[i], uint32(d.Label))
		}
		if !bytes.Equal(plain[i], burst[i]) {
			t.Fatalf("packet %d, %+v:\nbefore %x\nafter  %x\nwant   %x", i, d, before, burst[i], plain[i])
		}
		x.packets++
		if !bytes.Equal(before, burst[i]) {
			x.labelled++
		}
	}
}

// receive puts a burst to ReceiveBurst or to Receive, and to the model.
func (x *path) receive(t *rapid.T) {
	ns := rapid.IntRange(0, pathSpaces-1).Draw(t, "namespace")
	burst := x.burst(t)
	before := clones(burst)
	out := make([]core.Verdict, len(burst))
	x.r.Enter()
	if rapid.Bool().Draw(t, "burst") {
		x.r.ReceiveBurst(x.spaces[ns], burst, out)
	} else {
		for i := range burst {
			out[i] = x.r.Receive(x.spaces[ns], burst[i])
		}
	}
	x.r.Exit()
	for i := range burst {
		if want := x.w.receive(ns, burst[i]); out[i].String() != want {
			t.Fatalf("packet %d, %x: %v, want %s", i, burst[i], out[i], want)
		}
		if !bytes.Equal(before[i], burst[i]) {
			t.Fatalf("packet %d was written to", i)
		}
		x.packets++
	}
}

// TestPacketHistories holds the packet path against the model over random
// histories: each burst form, each single form and the model say the same.
func TestPacketHistories(t *testing.T) {
	packets, labelled := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		x := newPath(t, rt)
		defer x.Close()
		defer x.r.Close()
		rt.Repeat(map[string]func(*rapid.T){
			"get": x.get, "get too": x.get, "put": x.put, "purge": x.purge,
			"bind": x.bind, "bind too": x.bind, "unbind": x.unbind,
			"connect": x.connect, "reflect": x.reflect, "choose": x.choose, "set": x.set,
			"reopen": x.reopen, "replace": x.replace,
			"label": x.label, "label too": x.label, "receive": x.receive,
			"send": x.send, "check": x.check, "find": x.find, "share": x.share, "reply": x.reply,
			"": x.compare,
		})
		packets, labelled = packets+x.packets, labelled+x.labelled
	})
	t.Logf("%d packets, %d of them got another label", packets, labelled)
	if labelled == 0 {
		t.Error("no packet got a label")
	}
}
