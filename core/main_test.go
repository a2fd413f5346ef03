package core_test

import (
	"flag"
	"math"
	"net/netip"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/flowlabel/flowlabel/core"
)

// TestMain fails the run when a test leaves a goroutine behind. It sets what rapid
// does if the command line does not say; failing histories are printed, not kept
// in files.
func TestMain(m *testing.M) {
	checks := "300"
	if raceEnabled {
		checks = "50"
	}
	for name, value := range map[string]string{"rapid.nofailfile": "true", "rapid.checks": checks, "rapid.steps": "80"} {
		if err := flag.Set(name, value); err != nil {
			panic(err)
		}
	}
	goleak.VerifyTestMain(m)
}

const tick = 20 * time.Millisecond // the default of Options.Tick

var (
	dst1 = netip.MustParseAddr("2001:db8::1")
	dst2 = netip.MustParseAddr("2001:db8::2")
)

// rig is an engine in virtual time: it has no goroutine, and time passes when
// the test says so.
type rig struct {
	testing.TB
	*core.Engine
	now      atomic.Int64
	readings atomic.Int64 // of the clock
}

// newRig makes an engine that is closed when the test ends.
func newRig(t testing.TB, o core.Options) *rig {
	t.Helper()
	b := &rig{TB: t}
	o.ManualAdvance = true
	o.Clock = func() time.Duration {
		b.readings.Add(1)
		return time.Duration(b.now.Load())
	}
	eng, err := core.New(o)
	if err != nil {
		t.Fatal(err)
	}
	b.Engine = eng
	t.Cleanup(func() { _ = eng.Close() })
	return b
}

// wait lets time pass and does what is due then.
func (b *rig) wait(d time.Duration) core.Progress {
	b.now.Add(int64(d))
	return b.Advance(0)
}

// drain lets no time pass and waits until every slot that readers may have
// seen is free. Grace periods follow the machine's clock.
func (b *rig) drain() {
	b.Helper()
	for until := time.Now().Add(time.Minute); b.Advance(0).Waiting; {
		if time.Now().After(until) {
			b.Fatal("slots wait although no reader is in a section")
		}
		time.Sleep(50 * time.Microsecond)
	}
}

func (b *rig) space(name string) *core.Namespace {
	b.Helper()
	ns, err := b.Namespace(name, core.NamespaceOptions{})
	if err != nil {
		b.Fatal(err)
	}
	return ns
}

// socket makes a socket that acts for process and user n, without privileges.
func (b *rig) socket(ns *core.Namespace, n uint64) core.Socket {
	b.Helper()
	return b.socketWith(ns, core.SocketOptions{Protocol: core.TCP, Owner: core.Credentials{Process: n, User: n}})
}

func (b *rig) socketWith(ns *core.Namespace, o core.SocketOptions) core.Socket {
	b.Helper()
	s, err := ns.Socket(o)
	if err != nil {
		b.Fatal(err)
	}
	return s
}

// lease makes the socket create a lease, or join or revive one.
func (b *rig) lease(s core.Socket, label core.Label, share core.Share, linger time.Duration) core.Label {
	label, err := s.Get(core.Request{Label: label, Dst: dst1, Share: share, Create: true, Linger: linger})
	if err != nil {
		b.Helper() // only here: it is slow
		b.Fatalf("Get, mode %v, linger %v: %v", share, linger, err)
	}
	return label
}

func (b *rig) get(s core.Socket, req core.Request) core.Label {
	label, err := s.Get(req)
	if err != nil {
		b.Helper()
		b.Fatalf("Get(%+v): %v", req, err)
	}
	return label
}

func (b *rig) put(s core.Socket, label core.Label) {
	if err := s.Put(label); err != nil {
		b.Helper()
		b.Fatalf("Put(%#x): %v", label, err)
	}
}

// find returns what the listing says of a label, and whether it is there.
func find(ns *core.Namespace, label core.Label) (core.Lease, bool) {
	for l := range ns.Leases() {
		if l.Label == label {
			return l, true
		}
	}
	return core.Lease{}, false
}

// alive says whether a label is leased or lingers.
func alive(ns *core.Namespace, label core.Label) bool {
	_, ok := find(ns, label)
	return ok
}

// check asks about one packet, in a section of its own.
func (b *rig) check(s core.Socket, label core.Label) core.Verdict {
	r := b.Reader("test")
	defer r.Close()
	r.Enter()
	defer r.Exit()
	return r.Check(s, label)
}

// inUse returns the slots in use by kind, without the buckets of flows, of which
// as many stay as there ever were.
func inUse(s core.Stats) map[string]int {
	m := make(map[string]int)
	for _, u := range s.Memory {
		if u.Kind != "flow buckets" {
			m[u.Kind] = u.InUse
		}
	}
	return m
}

// emptied fails the test unless nothing at all is left of what was leased.
func (b *rig) emptied() {
	b.Helper()
	b.drain()
	s := b.Stats()
	if s.Leases != 0 || s.Filed != 0 || s.Sockets != 0 || s.Flows != 0 || s.Namespaces != 0 {
		b.Errorf("left: %d leases, %d filed, %d sockets, %d flows, %d namespaces", s.Leases, s.Filed, s.Sockets, s.Flows, s.Namespaces)
	}
	for kind, n := range inUse(s) {
		if n != 0 {
			b.Errorf("left: %d %s", n, kind)
		}
	}
	if ended := s.Expired + s.Purged; s.Created != ended {
		b.Errorf("%d leases created, %d ended", s.Created, ended)
	}
}

// picture is all that can be seen of an engine without changing it.
type picture struct {
	figures  [6]int
	events   [6]int64
	memory   map[string]int
	leases   [][]core.Lease
	settings []core.Settings
	verdicts []core.Verdict
	current  []core.Label
}

// picture takes one of the engine, these namespaces and these sockets.
func (b *rig) picture(spaces []*core.Namespace, sockets []core.Socket) (p picture) {
	b.Helper()
	b.drain()
	s := b.Stats()
	p.figures = [...]int{s.Namespaces, s.Sockets, s.Leases, s.Filed, s.Flows, s.Readers.Readers}
	p.events = [...]int64{s.Created, s.Joined, s.Revived, s.Renewed, s.Put, s.Expired + s.Purged}
	p.memory = inUse(s)
	r := b.Reader("picture")
	defer r.Close()
	for _, ns := range spaces {
		leases := slices.Collect(ns.Leases())
		p.leases = append(p.leases, leases)
		p.settings = append(p.settings, ns.Settings())
		for _, s := range sockets {
			r.Enter()
			for _, l := range leases {
				p.verdicts = append(p.verdicts, r.Check(s, l.Label))
			}
			r.Exit()
		}
	}
	for _, s := range sockets {
		current, _, _ := s.Current()
		remote, _ := s.Remote()
		p.current = append(p.current, current, remote)
	}
	return p
}

const forever = time.Duration(math.MaxInt64)

// must fails the test on an error.
func must(t *testing.T, err error) {
	if err != nil {
		t.Fatal(err)
	}
}
