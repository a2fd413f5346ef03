//go:build !race && !invariants

package core_test

import (
	"testing"

	"github.com/flowlabel/flowlabel/core"
)

// packetLoad is one of everything that becomes of packets, with room for the
// answers.
type packetLoad struct {
	ns        *core.Namespace
	s         core.Socket
	flow      core.Tuple
	packets   [][]byte
	asked     []core.Label // what the packets ask for
	returns   [][]byte     // packets that come in
	sockets   []core.Socket
	tuples    []core.Tuple
	labels    []core.Label
	how       []core.Sending
	decisions []core.Decision
	verdicts  []core.Verdict
	shares    []core.Share
	found     []core.Socket
}

// newPacketLoad makes a socket with a lease that has headers, and one that
// reflects.
func newPacketLoad(t *testing.T, b *rig) *packetLoad {
	const n = 40
	x := &packetLoad{ns: b.space("a"), flow: tuple(t, 1000)}
	must(t, x.ns.SetSettings(core.Settings{AutoLabels: 1}))
	x.s = b.socketWith(x.ns, core.SocketOptions{Owner: core.Credentials{Privileges: core.NetRaw}})
	b.get(x.s, core.Request{Label: 5, Dst: dst1, Share: core.Any, Create: true, Headers: &core.Headers{HopByHop: extHop.bytes}})
	must(t, x.s.Connect(5))
	must(t, x.s.Bind(x.flow))
	other, flow := b.socket(x.ns, 1), tuple(t, 1001)
	must(t, other.Reflect())
	must(t, other.Bind(flow))
	for _, p := range oddPackets(t) {
		x.packets, x.returns = append(x.packets, p), append(x.returns, p)
	}
	for label := range core.Label(8) {
		x.packets = append(x.packets, packetOf(x.flow, label, extHop), packetOf(flow, label))
		x.returns = append(x.returns, packetOf(x.flow.Reversed(), label), packetOf(flow.Reversed(), label))
	}
	for _, p := range x.packets {
		label := core.Label(0)
		if len(p) > 3 {
			label = core.Label(plainLabelOf(p))
		}
		x.asked = append(x.asked, label)
	}
	for i := range n {
		x.sockets = append(x.sockets, []core.Socket{x.s, other, {}}[i%3])
		x.tuples = append(x.tuples, []core.Tuple{x.flow, flow, {}}[i%3])
		x.labels = append(x.labels, core.Label(i%8))
		x.how = append(x.how, core.Sending{
			Addressed: i&1 != 0, Address: core.Label(i % 8), Controlled: i&2 != 0, Control: core.Label(i % 6), LookUp: i&4 != 0,
		})
	}
	x.decisions, x.verdicts = make([]core.Decision, len(x.packets)), make([]core.Verdict, len(x.packets))
	x.shares, x.found = make([]core.Share, n), make([]core.Socket, n)
	return x
}

// restore writes the labels that the packets ask for back into them.
func (x *packetLoad) restore() {
	for i, p := range x.packets {
		if len(p) > 3 {
			plainRewrite(p, uint32(x.asked[i]))
		}
	}
}

// whole are the calls with whole packets.
func (x *packetLoad) whole(r *core.Reader) map[string]func() {
	buffer := make([]byte, 0, 200)
	return map[string]func(){
		"Label": func() {
			for i, p := range x.packets {
				x.decisions[i] = r.Label(x.ns, p)
			}
		},
		"LabelBurst": func() { r.LabelBurst(x.ns, x.packets, x.decisions) },
		"Receive": func() {
			for i, p := range x.returns {
				x.verdicts[i] = r.Receive(x.ns, p)
			}
		},
		"ReceiveBurst": func() { r.ReceiveBurst(x.ns, x.returns, x.verdicts) },
		"TupleOf": func() {
			for _, p := range x.packets {
				tup, _ := core.TupleOf(p)
				x.tuples[0] = tup.Reversed().Reversed()
			}
		},
		"Insert, Append": func() {
			h := r.HeadersOf(r.Send(x.s, x.flow, core.Sending{Controlled: true, Control: 5}))
			_, _ = h.Insert(append(buffer, x.packets[len(x.packets)-1]...))
			_, _ = h.Append(buffer, protoUDP)
		},
	}
}

// parts are the calls that do a part of it.
func (x *packetLoad) parts(r *core.Reader) map[string]func() {
	return map[string]func(){
		"Send, Merge, HeadersOf": func() {
			for i, s := range x.sockets {
				d := r.Send(s, x.tuples[i], x.how[i])
				_, _ = r.Merge(d, core.Extensions{}), r.HeadersOf(d)
			}
		},
		"SendBurst": func() { r.SendBurst(x.sockets, x.tuples, x.how, x.decisions) },
		"Check": func() {
			for i, s := range x.sockets {
				x.verdicts[i] = r.Check(s, x.labels[i])
			}
		},
		"CheckBurst": func() { r.CheckBurst(x.sockets, x.labels, x.verdicts) },
		"Find": func() {
			for i, tup := range x.tuples {
				x.found[i], _ = r.Find(x.ns, &tup)
			}
		},
		"FindBurst": func() { r.FindBurst(x.ns, x.tuples, x.found) },
		"ShareOf": func() {
			for i, label := range x.labels {
				x.shares[i] = r.ShareOf(x.ns, label)
			}
		},
		"ShareOfBurst": func() { r.ShareOfBurst(x.ns, x.labels, x.shares) },
		"Reply":        func() { _ = r.Reply(x.ns, core.EchoReply, x.flow, 0) },
		"Received":     func() { x.s.Received(1); x.s.Received(1); x.s.Received(2) },
		"AutoLabels":   func() { _ = x.s.ChooseAutoLabels(core.AutoOn); _, _ = x.s.AutoLabels() },
	}
}

// TestNoPacketAllocations holds every call for a packet to its word, whatever
// becomes of the packet.
func TestNoPacketAllocations(t *testing.T) {
	for name, rules := range map[string]core.Rules{"native": {}, "strict": {Policy: core.Strict}, "Linux": linux()} {
		b := newRig(t, core.Options{Rules: rules})
		x := newPacketLoad(t, b)
		r := b.Reader("test")
		defer r.Close()
		for _, calls := range []map[string]func(){x.whole(r), x.parts(r)} {
			for what, f := range calls {
				if n := testing.AllocsPerRun(100, func() {
					x.restore()
					r.Enter()
					f()
					r.Exit()
				}); n != 0 {
					t.Errorf("%s, %s: %v allocations", name, what, n)
				}
			}
		}
	}
}

// TestFlowAllocations: once the table is as large as it needs to be, flows are
// bound and unbound without an allocation.
func TestFlowAllocations(t *testing.T) {
	b := newRig(t, core.Options{Shards: 1})
	s := b.socket(b.space("a"), 1)
	var tuples []core.Tuple
	for port := range uint16(200) {
		tuples = append(tuples, tuple(t, port+1))
	}
	cycle := func() {
		for _, tup := range tuples {
			must(t, s.Bind(tup))
		}
		for _, tup := range tuples {
			must(t, s.Unbind(tup))
		}
		b.drain()
	}
	for range 20 {
		cycle()
	}
	if n := testing.AllocsPerRun(20, cycle); n != 0 {
		t.Errorf("%v allocations for %d flows", n, len(tuples))
	}
}
