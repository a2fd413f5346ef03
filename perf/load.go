package main

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/flowlabel/flowlabel/core"
	"github.com/flowlabel/flowlabel/perf/capture"
	"github.com/flowlabel/flowlabel/perf/pkt"
)

const (
	// minLinger is the shortest linger of the engine's leases.
	minLinger = 200 * time.Millisecond
	// maxFlows is the most flows of a capture that are taken.
	maxFlows = 1 << 19
	// groupSize is the number of flows that lease on the same terms.
	groupSize = 16
)

// flow is what a worker needs of one flow, in one line of the cache.
type flow struct {
	// version is odd while the flow's controller changes its leases, its label
	// or its socket. Only that controller stores; a verifying worker loads it
	// before it looks at anything else of the flow, and again after.
	version atomic.Uint32
	// label is what the flow's packets ask to be sent with. It is stored by the
	// controller, and loaded by the worker for each packet.
	label  atomic.Uint32
	sock   core.Socket
	packet []byte // the worker's own while it runs
	home   *home
}

// home is what else there is to know about a flow.
type home struct {
	id     uint32 // among the model's sockets
	space  *space
	group  *group
	dst    netip.Addr
	closed bool // the controller's own
}

// load is an engine, what is put to it, and who does it.
type load struct {
	eng         *core.Engine
	start       time.Time // zero for the models
	failures    failures
	spaces      []*space
	flows       []flow
	workers     []*worker
	controllers []*controller

	elapsed time.Duration // in drive
	driven  int64         // packets sent meanwhile
	stats   core.Stats    // at the end of it
}

// newLoad builds an engine, and multiplies the flows of a capture to at least
// the given number of sockets, for so many workers.
func newLoad(c *capture.Capture, sockets, workers int) (*load, error) {
	eng, err := core.New(core.Options{Rules: core.Rules{MinLinger: minLinger}})
	if err != nil {
		return nil, err
	}
	l := &load{eng: eng, start: time.Now()}
	if err := l.build(c, sockets, workers); err != nil {
		l.close()
		return nil, err
	}
	return l, nil
}

func (l *load) build(c *capture.Capture, sockets, workers int) error {
	// The lock of a namespace's model is the workers' only meeting place.
	for i := range max(8, 4*workers) {
		s, err := l.newSpace(i)
		if err != nil {
			return err
		}
		l.spaces = append(l.spaces, s)
	}
	if err := l.multiply(c.Flows[:min(len(c.Flows), maxFlows)], sockets, workers); err != nil {
		return err
	}
	for i := range workers {
		l.workers = append(l.workers, newWorker(l, i, everyNth(l.flows, i, workers)))
	}
	controllers := max(2, workers/4)
	for i := range controllers {
		l.controllers = append(l.controllers, newController(l, i, everyNth(l.flows, i, controllers)))
	}
	return nil
}

// multiply copies each flow of a capture as often as it takes. The copies of a
// flow take turns through its packets.
func (l *load) multiply(from []capture.Flow, sockets, workers int) error {
	copies := (sockets + len(from) - 1) / len(from)
	l.flows = make([]flow, copies*len(from))
	homes := make([]home, len(l.flows))
	for i := range l.flows {
		f, h := &l.flows[i], &homes[i]
		f.home, h.id = h, uint32(i)
		// Consecutive flows go to different workers and, after a round of those,
		// to different namespaces.
		h.space = l.spaces[i/workers%len(l.spaces)]
		h.group = h.space.groupOf()
		if err := f.copy(&from[i%len(from)], i/len(from)); err != nil {
			return fmt.Errorf("socket %d of %d: %w", i, len(l.flows), err)
		}
	}
	return nil
}

// copy makes f the copy of that number of a captured flow.
func (f *flow) copy(of *capture.Flow, number int) (err error) {
	f.packet = append([]byte(nil), of.Packets[number%len(of.Packets)]...)
	pkt.Renumber(f.packet, number)
	f.home.dst = netip.AddrFrom16(of.Key.Dst)
	f.sock, err = f.home.space.ns.Socket(core.SocketOptions{
		Protocol: protocol(of.Key.Protocol),
		Owner:    f.home.group.owner,
	})
	return err
}

func protocol(number uint8) core.Protocol {
	switch number {
	case pkt.TCP:
		return core.TCP
	case pkt.UDP:
		return core.UDP
	}
	return core.Raw
}

// everyNth returns every nth flow from the ith on, in an order of its own: that
// of their making would be the order of their memory.
func everyNth(flows []flow, i, n int) []*flow {
	var out []*flow
	for ; i < len(flows); i += n {
		out = append(out, &flows[i])
	}
	rand.New(rand.NewPCG(uint64(n), uint64(i))).Shuffle(len(out), func(a, b int) {
		out[a], out[b] = out[b], out[a]
	})
	return out
}

// now is the time that the models are told.
func (l *load) now() time.Duration { return time.Since(l.start) }

func (l *load) close() {
	for _, w := range l.workers {
		w.reader.Close()
	}
	_ = l.eng.Close() // always nil
}
