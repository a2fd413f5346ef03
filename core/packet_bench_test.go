package core_test

import (
	"encoding/binary"
	"math/rand/v2"
	"net/netip"
	"testing"

	"github.com/flowlabel/flowlabel/core"
)

const (
	benchFlows   = 1 << 20
	benchBurst   = 32
	benchBuffers = 1 << 20 // of 64 bytes
)

// packetBench is an engine with many flows, each with a socket of its own that
// holds one label, and packets that draw from them at random.
type packetBench struct {
	*rig
	ns      *core.Namespace
	packets [][]byte
}

func newPacketBench(b *testing.B) *packetBench {
	x := &packetBench{rig: newRig(b, core.Options{MaxFlows: benchFlows, MaxSockets: benchFlows})}
	x.ns = x.space("a")
	tuples, labels := make([]core.Tuple, benchFlows), make([]core.Label, benchFlows)
	for i := range tuples {
		var a [16]byte
		binary.BigEndian.PutUint64(a[8:], uint64(i)*0x9e3779b97f4a7c15)
		a[0] = 0x20
		t, err := core.NewTuple(17, netip.AddrPortFrom(dst1, uint16(i)), netip.AddrPortFrom(netip.AddrFrom16(a), 53))
		if err != nil {
			b.Fatal(err)
		}
		s := x.socket(x.ns, 1)
		tuples[i], labels[i] = t, x.lease(s, core.Label(1+i/2), core.User, 0)
		if err := s.Bind(t); err != nil {
			b.Fatal(err)
		}
	}
	rng := rand.New(rand.NewPCG(1, 2))
	memory := make([]byte, benchBuffers*64)
	for i := range benchBuffers {
		n := rng.IntN(benchFlows)
		p := memory[i*64:][:60:64]
		copy(p, udpPacket(tuples[n], labels[n]))
		x.packets = append(x.packets, p)
	}
	return x
}

// BenchmarkPacket takes packets through the whole path, a million flows in
// random order.
func BenchmarkPacket(b *testing.B) {
	x := newPacketBench(b)
	b.Run("burst", func(b *testing.B) {
		r := x.Reader("bench")
		defer r.Close()
		out := make([]core.Decision, benchBurst)
		b.ReportAllocs()
		for i := 0; i < b.N; i += benchBurst {
			at := i & (benchBuffers - 1)
			r.Enter()
			r.LabelBurst(x.ns, x.packets[at:at+benchBurst], out)
			r.Exit()
		}
		if out[0].Verdict != core.Allowed {
			b.Fatal(out[0])
		}
	})
	b.Run("one", func(b *testing.B) {
		r := x.Reader("bench")
		defer r.Close()
		b.ReportAllocs()
		for i := 0; i < b.N; i++ {
			r.Enter()
			d := r.Label(x.ns, x.packets[i&(benchBuffers-1)])
			r.Exit()
			if d.Verdict != core.Allowed {
				b.Fatal(d)
			}
		}
	})
}
