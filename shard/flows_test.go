package shard

import (
	"math/rand/v2"
	"testing"
)

// flowRig is a flow table with a socket to bind to.
type flowRig struct {
	*rig
	sockets    *Sockets
	flows      *Flows
	id         uint32
	socket     *Socket
	generation uint32
}

func newFlowRig(t testing.TB, limit int) *flowRig {
	r := &flowRig{rig: newRig()}
	r.sockets = NewSockets(r.domain, r.arena, 2, ChunkSlots, 8, nil)
	r.flows = NewFlows(r.domain, r.arena, r.sockets, 2, limit, rand.Uint64, nil)
	r.id, r.socket, r.generation = opened(t, r.sockets)
	return r
}

// bind makes a flow of a key the socket's.
func (r *flowRig) bind(k *Key) (b Binding) {
	r.inside(func() { b = r.flows.Bind(k, r.id, r.socket, r.generation, 0) })
	return b
}

// keyOf returns the n-th key of a fixed order.
func keyOf(n uint64) (k Key) {
	rng := rand.New(rand.NewPCG(n, 7))
	for i := range KeyPorts {
		k[i] = byte(rng.Uint32())
	}
	k.Place(rng.Uint32(), 17)
	k.setWord(4, k.in(1))
	return k
}

// TestFlows binds many flows, finds each, one by one and in bursts, and
// unbinds them.
func TestFlows(t *testing.T) {
	const n = 20000
	r := newFlowRig(t, n)
	keys, found := make([]Key, n), make([]Handle, n)
	for i := range keys {
		keys[i] = keyOf(uint64(i))
		if b := r.bind(&keys[i]); b != Bound {
			t.Fatalf("flow %d: %d", i, b)
		}
	}
	if b := r.bind(&keys[77]); b != FlowHeld {
		t.Fatalf("bound twice: %d", b)
	}
	r.inside(func() {
		r.flows.FindBurst(keys, found)
		for i := range keys {
			if s := r.flows.Find(&keys[i]); s != NewHandle(r.id, r.generation) || s != found[i] {
				t.Fatalf("flow %d: socket %#x, in a burst %#x", i, s, found[i])
			}
		}
		other := keyOf(n + 1)
		if r.flows.Find(&other) != 0 {
			t.Fatal("found what was never bound")
		}
		for i := range n / 2 {
			if !r.flows.Unbind(&keys[i], r.id, r.generation) || r.flows.Unbind(&keys[i], r.id, r.generation) {
				t.Fatalf("flow %d is not unbound once", i)
			}
		}
		r.sockets.Shut(r.socket, r.generation, nil)
		if got := r.flows.UnbindAll(r.socket); got != n-n/2 {
			t.Fatalf("%d flows ended with the socket", got)
		}
		for i := range keys {
			if r.flows.Find(&keys[i]) != 0 {
				t.Fatalf("flow %d is still there", i)
			}
		}
	})
	r.drain(t, 2, r.flows)
	if u, _ := r.flows.Usage(); u.Slots != 0 || r.flows.Bound() != 0 {
		t.Fatalf("%d slots in use, %d bound", u.Slots, r.flows.Bound())
	}
	t.Logf("%d new seeds", r.flows.Reseeds())
}

func BenchmarkFlowFind(b *testing.B) {
	const n = 1 << 20
	r := newFlowRig(b, n)
	keys := make([]Key, n)
	for i := range keys {
		keys[i] = keyOf(uint64(i))
		if got := r.bind(&keys[i]); got != Bound {
			b.Fatal(got)
		}
	}
	flows, buckets := r.flows.Usage()
	b.Logf("%d reseeds, %.1f bytes a flow, buckets %.1f", r.flows.Reseeds(), float64(flows.Bytes)/n, float64(buckets.Bytes)/n)
	draws := make([]Key, 1<<22)
	for i := range draws {
		draws[i] = keys[rand.IntN(n)]
	}
	b.Run("one", func(b *testing.B) {
		reader := r.domain.Register("bench")
		defer reader.Close()
		reader.Enter()
		for i := 0; b.Loop(); i++ {
			if r.flows.Find(&draws[i&(1<<22-1)]) == 0 {
				b.Fatal("none")
			}
		}
		reader.Exit()
	})
	b.Run("burst", func(b *testing.B) {
		var found [Burst]Handle
		reader := r.domain.Register("bench")
		defer reader.Close()
		for i := 0; i < b.N; i += Burst {
			reader.Enter()
			at := i & (1<<22 - 1)
			r.flows.FindBurst(draws[at:at+Burst], found[:])
			reader.Exit()
		}
	})
}

// BenchmarkFlowBind binds flows to a growing table, which is emptied from time to
// time, off the clock.
func BenchmarkFlowBind(b *testing.B) {
	const n = 1 << 16
	keys := make([]Key, n)
	for i := range keys {
		keys[i] = keyOf(uint64(i))
	}
	var r *flowRig
	for i := 0; i < b.N; i++ {
		if i%n == 0 {
			b.StopTimer()
			r = newFlowRig(b, n)
			b.StartTimer()
		}
		r.bind(&keys[i%n])
	}
}
