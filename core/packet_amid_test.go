package core_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/flowlabel/flowlabel/core"
)

// cell is a flow that one writer takes from state to state, round and round.
// version is 2n between two changes and 2n+1 during one; n modulo the number of
// states is the state. It is stored before and after a change: what a reader
// sees between two loads is explained by a state that lies between them.
type cell struct {
	version atomic.Int64
	ns      *core.Namespace
	flow    core.Tuple
	label   core.Label
	s       core.Socket
}

// The states of a cell, and how the next one is reached.
const (
	cellUnbound = iota // Bind
	cellBound          // Get
	cellHeld           // Connect
	cellCurrent        // Put
	cellPut            // Unbind, or Close
	cellStates
)

// turn takes the cell to its next state.
func (c *cell) turn(closes bool) error {
	v := c.version.Load()
	c.version.Store(v + 1)
	defer c.version.Store(v + 2)
	switch v / 2 % cellStates {
	case cellUnbound:
		return c.s.Bind(c.flow)
	case cellBound:
		_, err := c.s.Get(core.Request{Label: c.label, Dst: dst1, Share: core.User, Create: true})
		return err
	case cellHeld:
		return c.s.Connect(c.label)
	case cellCurrent:
		return c.s.Put(c.label)
	}
	if !closes {
		return c.s.Unbind(c.flow)
	}
	_ = c.s.Close()
	var err error
	c.s, err = c.ns.Socket(core.SocketOptions{})
	return err
}

// wants is what becomes of a packet of the cell's flow in a state.
func (c *cell) wants(state int64, asked core.Label) plainDecision {
	if state == cellUnbound {
		return plainDecision{verdict: "unbound"}
	}
	s := &plainSocket{space: &plainSpace{autoLabels: 1, leases: map[uint32]*plainLease{uint32(c.label): {share: 3}}}}
	if state == cellHeld || state == cellCurrent {
		s.held = []uint32{uint32(c.label)}
	}
	if state == cellCurrent {
		s.current = uint32(c.label)
	}
	w := plainWorld{policy: "strict"}
	return w.send(s, plainSending{addressed: asked != 0, address: uint32(asked)})
}

// explained says whether a decision is that of a state between two versions; a
// socket that is being closed may also be met.
func (c *cell) explained(from, to int64, asked, auto core.Label, d core.Decision) bool {
	for n := from / 2; n <= (to+1)/2; n++ {
		want := c.wants(n%cellStates, asked)
		if want.automatic {
			want.label = uint32(auto)
		}
		if d.Verdict.String() == want.verdict && uint32(d.Label) == want.label {
			return true
		}
	}
	for v := from; v <= to; v++ {
		if d.Verdict == core.Stale && v%2 == 1 && v/2%cellStates == cellPut {
			return true
		}
	}
	return false
}

// pathWorker is a reader that puts packets of all cells through the path, alone and in
// bursts, while the cells change.
type pathWorker struct {
	cells []*cell
	autos []core.Label // by cell
	r     *core.Reader
	rng   *rand.Rand
	fail  func(format string, args ...any)
}

func (x *pathWorker) burst(n int) {
	var (
		which   = make([]int, n)
		asked   = make([]core.Label, n)
		packets = make([][]byte, n)
		from    = make([]int64, len(x.cells))
		out     = make([]core.Decision, n)
	)
	for i := range n {
		which[i] = x.rng.IntN(len(x.cells))
		c := x.cells[which[i]]
		asked[i] = []core.Label{0, c.label, c.label + 1}[x.rng.IntN(3)]
		packets[i] = packetOf(c.flow, asked[i])
	}
	before := clones(packets)
	for i, c := range x.cells {
		from[i] = c.version.Load()
	}
	x.r.Enter()
	if x.rng.IntN(2) == 0 {
		x.r.LabelBurst(x.cells[0].ns, packets, out)
	} else {
		for i := range packets {
			out[i] = x.r.Label(x.cells[0].ns, packets[i])
		}
	}
	x.r.Exit()
	for i, k := range which {
		c := x.cells[k]
		if to := c.version.Load(); !c.explained(from[k], to, asked[i], x.autos[k], out[i]) {
			x.fail("label %#x, %+v: no state from %d to %d explains that", asked[i], out[i], from[k], to)
		}
		if out[i].Err() == nil {
			plainRewrite(before[i], uint32(out[i].Label))
		}
		if !bytes.Equal(before[i], packets[i]) {
			x.fail("%+v:\nwant %x\nhave %x", out[i], before[i], packets[i])
		}
	}
}

// parts asks for the socket, and then what it may send, in one section.
func (x *pathWorker) parts(n int) {
	k := x.rng.IntN(len(x.cells))
	c := x.cells[k]
	tuples, found := slices.Repeat([]core.Tuple{c.flow}, n), make([]core.Socket, n)
	labels, verdicts := slices.Repeat([]core.Label{c.label}, n), make([]core.Verdict, n)
	how, out := slices.Repeat([]core.Sending{{Addressed: true, Address: c.label}}, n), make([]core.Decision, n)
	shares := make([]core.Share, n)
	from := c.version.Load()
	x.r.Enter()
	x.r.FindBurst(c.ns, tuples, found)
	x.r.CheckBurst(found, labels, verdicts)
	x.r.SendBurst(found, tuples, how, out)
	x.r.ShareOfBurst(c.ns, labels, shares)
	x.r.Exit()
	to := c.version.Load()
	for i := range n {
		d := out[i]
		if found[i] == (core.Socket{}) {
			if d.Verdict != core.Stale || verdicts[i] != core.Stale {
				x.fail("%v and %v of no socket", d.Verdict, verdicts[i])
			}
			d = core.Decision{Verdict: core.Unbound}
		}
		if !c.explained(from, to, c.label, x.autos[k], d) {
			x.fail("%+v: no state from %d to %d explains that", d, from, to)
		}
		if from == to && from%2 == 0 && found[i] != (core.Socket{}) && verdicts[i] != d.Verdict {
			x.fail("Check says %v, Send %v", verdicts[i], d.Verdict)
		}
		if shares[i] != core.User && shares[i] != core.None {
			x.fail("a lease of mode %v", shares[i])
		}
	}
}

// TestPacketsAmidChanges puts packets through the path while their flows, leases
// and sockets come and go: each answer is right at some moment of its section,
// and only what is allowed is written.
func TestPacketsAmidChanges(t *testing.T) {
	rounds := 4000
	if raceEnabled || testing.Short() {
		rounds = 800
	}
	b := newRig(t, core.Options{Rules: core.Rules{Policy: core.Strict}})
	ns := b.space("a")
	var cells []*cell
	var autos []core.Label
	auto := b.Reader("automatic labels")
	defer auto.Close()
	for i := range 6 {
		c := &cell{ns: ns, flow: tuple(t, uint16(i+1)), label: core.Label(16 * (i + 1)), s: b.socket(ns, 0)}
		auto.Enter()
		autos = append(autos, auto.Reply(ns, core.ResetReply, c.flow, 0))
		auto.Exit()
		cells = append(cells, c)
	}
	var stop atomic.Bool
	var bursts atomic.Int64 // sets the writers' pace: too many changes in a burst explain anything
	var writers, readers sync.WaitGroup
	for i := range 3 {
		writers.Go(func() {
			for n := 0; !stop.Load(); n++ {
				for _, c := range cells[2*i : 2*i+2] {
					if err := c.turn(n%10 == 9); err != nil {
						t.Errorf("turn %d: %v", c.version.Load()/2%cellStates, err)
						return
					}
					for before := bursts.Load(); bursts.Load() == before && !stop.Load(); {
						runtime.Gosched()
					}
				}
				b.Advance(10)
			}
		})
	}
	for i := range uint64(2) {
		readers.Go(func() {
			x := &pathWorker{cells: cells, autos: autos, r: b.Reader(fmt.Sprint("worker ", i)), rng: rand.New(rand.NewPCG(i, 7))}
			x.fail = func(format string, args ...any) { t.Errorf(format, args...); stop.Store(true) }
			defer x.r.Close()
			// The writers may be slow to get a processor.
			for n := 0; (n < rounds || changes(cells) < 10*cellStates) && !stop.Load(); n++ {
				x.burst([]int{1, 2, 31, 32, 33, 100}[x.rng.IntN(6)])
				bursts.Add(1)
				x.parts(x.rng.IntN(40))
				bursts.Add(1)
			}
		})
	}
	readers.Wait()
	stop.Store(true)
	writers.Wait()
	t.Logf("%d changes", changes(cells))
}

// changes returns how often cells have changed.
func changes(cells []*cell) (turns int64) {
	for _, c := range cells {
		turns += c.version.Load() / 2
	}
	return turns
}
