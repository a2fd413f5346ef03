package core_test

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/flowlabel/flowlabel/core"
)

var tortureTime = flag.Duration("torture.time", time.Second, "how long TestTorture runs without a planted fault")

const (
	hotLabels   = 16 // that all want
	hotSockets  = 12 // that all use
	hotSpaces   = 2  // that come and go
	bookLinger  = 3 * time.Millisecond
	burstChecks = 32
)

// torture is one run: an engine under load, with books of its own about what
// nobody but the engine could get wrong.
type torture struct {
	eng     *core.Engine
	start   time.Time
	stop    atomic.Bool
	crowd   sync.WaitGroup
	quiet   *core.Namespace // not purged and not closed before the end
	spaces  [hotSpaces]atomic.Pointer[core.Namespace]
	sockets [hotSockets]atomic.Pointer[core.Socket]
	books   [hotLabels + 1]book
	share   core.Share // that the exclusive workers ask for: Exclusive, if no fault is planted

	operations, errors atomic.Int64
	mu                 sync.Mutex
	first              string // first error; guarded by mu
}

// book is what the exclusive workers know of a label in the quiet namespace.
type book struct {
	holder atomic.Int64 // number of the worker, 0 for none
	until  atomic.Int64 // the label must not be had before
}

// newTorture makes an engine whose clock runs at a speed: 1, if no fault is
// planted.
func newTorture(t *testing.T, share core.Share, speed int64) *torture {
	x := &torture{start: time.Now(), share: share}
	eng, err := core.New(core.Options{
		Tick:  time.Millisecond,
		Clock: func() time.Duration { return time.Duration(x.now() * speed) },
		// Full tables and lists are part of the load.
		MaxLeases: 200, MaxSocketEntries: 20,
	})
	if err != nil {
		t.Fatal(err)
	}
	x.eng = eng
	x.quiet = x.space("quiet")
	for i := range x.spaces {
		x.spaces[i].Store(x.space(fmt.Sprint("hot", i)))
	}
	for i := range x.sockets {
		s, _ := x.spaces[i%hotSpaces].Load().Socket(core.SocketOptions{Protocol: core.TCP})
		x.sockets[i].Store(&s)
	}
	return x
}

// now is the time by the books.
func (x *torture) now() int64 { return int64(time.Since(x.start)) }

// wrong notes a breach of what the engine promises.
func (x *torture) wrong(format string, args ...any) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.errors.Add(1) == 1 {
		x.first = fmt.Sprintf(format, args...)
	}
}

// allow notes an error that the load does not explain.
func (x *torture) allow(what string, err error) bool {
	if !expected(err) && !errors.Is(err, core.ErrQuota) && !errors.Is(err, core.ErrTableFull) {
		x.wrong("%s: %v", what, err)
	}
	return err == nil
}

func (x *torture) space(name string) *core.Namespace {
	ns, err := x.eng.Namespace(name, core.NamespaceOptions{})
	if x.allow("Namespace", err) {
		return ns
	}
	ns, _ = x.eng.Lookup(name)
	return ns
}

// run works for a time, or until the first error if it is to end there, then
// closes everything and sees that nothing is left.
func (x *torture) run(length time.Duration, untilError bool) {
	for range max(2, runtime.GOMAXPROCS(0)) {
		x.crowd.Go(x.check)
		x.crowd.Go(x.churn)
	}
	for i := range int64(3) {
		x.crowd.Go(func() { x.exclude(i + 1) })
	}
	x.crowd.Go(x.replace)
	for end := time.Now().Add(length); time.Now().Before(end) && !(untilError && x.errors.Load() > 0); {
		time.Sleep(time.Millisecond)
	}
	x.stop.Store(true)
	x.crowd.Wait()
	x.end()
}

// check is a worker that puts packets to sockets: some of its own, whose
// verdicts it knows, and those that others change and close.
func (x *torture) check() {
	rng := rand.New(rand.NewPCG(rand.Uint64(), 1))
	r := x.eng.Reader("torture")
	defer r.Close()
	own, err := x.quiet.Socket(core.SocketOptions{})
	shut, err2 := x.quiet.Socket(core.SocketOptions{})
	x.allow("Socket", errors.Join(err, err2))
	_ = shut.Close()
	req := core.Request{Dst: dst1, Share: core.Exclusive, Create: true}
	for !x.stop.Load() {
		mine, err := own.Get(req)
		if !x.allow("Get", err) {
			continue
		}
		for range 20 {
			r.Enter()
			for range burstChecks {
				if v := r.Check(own, mine); v != core.Allowed {
					x.wrong("verdict %d on a label that is held", v)
				}
				if v := r.Check(own, mine%core.MaxLabel+1); v != core.Refused {
					x.wrong("verdict %d on a label that is not held", v)
				}
				if v := r.Check(shut, mine); v != core.Stale {
					x.wrong("verdict %d on a closed socket", v)
				}
				hot := x.sockets[rng.IntN(hotSockets)].Load()
				r.Check(*hot, core.Label(rng.IntN(hotLabels)+1))
				r.Headers(*hot, core.Label(rng.IntN(hotLabels)+1))
			}
			r.Exit()
			x.operations.Add(5 * burstChecks)
			runtime.Gosched()
		}
		x.allow("Put", own.Put(mine))
	}
}

// exclude is a worker that wants labels for itself alone. By the books a label
// has one holder at a time, and none while it lingers.
func (x *torture) exclude(me int64) {
	rng := rand.New(rand.NewPCG(rand.Uint64(), 2))
	s, err := x.quiet.Socket(core.SocketOptions{})
	x.allow("Socket", err)
	for n := int64(0); !x.stop.Load(); n++ {
		label := core.Label(rng.IntN(hotLabels) + 1)
		book := &x.books[label]
		_, err := s.Get(core.Request{Label: label, Dst: dst1, Share: x.share, Create: true, Linger: bookLinger})
		x.operations.Add(1)
		if !x.allow("Get", err) {
			runtime.Gosched()
			continue
		}
		if other := book.holder.Swap(me); other != 0 {
			x.wrong("label %#x held by worker %d and worker %d", label, other, me)
		}
		if early := book.until.Load() - x.now(); early > 0 {
			x.wrong("label %#x was free %v early", label, time.Duration(early))
		}
		if rng.IntN(4) == 0 {
			x.allow("Renew", s.Renew(core.Request{Label: label}))
		}
		runtime.Gosched()
		book.holder.Store(0)
		book.until.Store(x.now() + int64(bookLinger))
		x.allow("Put", s.Put(label))
	}
}

// churn is a worker that does anything to the hot sockets.
func (x *torture) churn() {
	rng := rand.New(rand.NewPCG(rand.Uint64(), 3))
	modes := []core.Share{core.Any, core.Any, core.Process, core.User, core.Exclusive}
	for !x.stop.Load() {
		s := *x.sockets[rng.IntN(hotSockets)].Load()
		label := core.Label(rng.IntN(hotLabels) + 1)
		x.operations.Add(1)
		switch n := rng.IntN(100); {
		case n < 45:
			req := core.Request{
				Label: label, Dst: dst1, Share: modes[rng.IntN(len(modes))], Create: rng.IntN(4) != 0,
				Linger: time.Duration(rng.IntN(3)) * time.Millisecond,
				By:     &core.Credentials{Process: uint64(rng.IntN(2)), User: uint64(rng.IntN(2)), Privileges: core.NetRaw},
			}
			if rng.IntN(8) == 0 {
				req.Headers = &core.Headers{HopByHop: header(8, 0)}
			}
			if rng.IntN(8) == 0 {
				req.Label = 0
			}
			_, err := s.Get(req)
			x.allow("Get", err)
		case n < 85:
			x.allow("Put", s.Put(label))
		case n < 92:
			x.allow("Renew", s.Renew(core.Request{Label: label, By: &core.Credentials{Privileges: core.NetAdmin}}))
		case n < 95:
			x.allow("Connect", s.Connect(label))
			s.Received(label)
		case n < 97:
			_, err := s.Query()
			x.allow("Query", err)
		default:
			x.look(s.Namespace(), rng)
		}
		if rng.IntN(16) == 0 {
			runtime.Gosched()
		}
	}
}

// look lists, counts or purges a namespace's leases.
func (x *torture) look(ns *core.Namespace, rng *rand.Rand) {
	switch rng.IntN(4) {
	case 0:
		last := core.Label(0)
		for l := range ns.Leases() {
			if l.Label <= last || l.Users < 0 {
				x.wrong("listing: %+v after label %#x", l, last)
			}
			last = l.Label
		}
	case 1:
		x.eng.Stats()
	case 2:
		x.eng.Advance(rng.IntN(50))
	default:
		ns.Purge()
	}
}

// replace is a worker that closes hot sockets and namespaces, in the midst of
// what the others do to them, and puts new ones into their places.
func (x *torture) replace() {
	rng := rand.New(rand.NewPCG(rand.Uint64(), 4))
	for n := 0; !x.stop.Load(); n++ {
		i := rng.IntN(hotSpaces)
		if n%50 == 0 {
			name := x.spaces[i].Load().Name()
			_ = x.spaces[i].Load().Close()
			x.spaces[i].Store(x.space(name))
		}
		j := rng.IntN(hotSockets)
		old := *x.sockets[j].Load()
		if s, err := x.spaces[i].Load().Socket(core.SocketOptions{Protocol: core.TCP}); x.allow("Socket", err) {
			x.sockets[j].Store(&s)
			_ = old.Close()
		}
		x.operations.Add(2)
		time.Sleep(50 * time.Microsecond) // the pace at which sockets come and go
	}
}

// end closes what is open and sees that nothing is left.
func (x *torture) end() {
	if x.errors.Load() > 0 {
		_ = x.eng.Close()
		return
	}
	for i := range x.spaces {
		_ = x.spaces[i].Load().Close()
	}
	_ = x.quiet.Close()
	_ = x.eng.Close()
	left := x.left()
	for until := time.Now().Add(time.Minute); left != "" && time.Now().Before(until); left = x.left() {
		x.eng.Advance(0)
		runtime.Gosched()
	}
	if left != "" {
		x.wrong("after everything was closed there is left: %s", left)
	}
}

// left says what there still is.
func (x *torture) left() string {
	var left []string
	s := x.eng.Stats()
	count := func(what string, n int) {
		if n != 0 {
			left = append(left, fmt.Sprintf("%d %s", n, what))
		}
	}
	count("leases", s.Leases)
	count("filed", s.Filed)
	count("sockets", s.Sockets)
	count("namespaces", s.Namespaces)
	count("readers", s.Readers.Readers)
	count("leases not accounted for", int(s.Created-s.Expired-s.Purged))
	for kind, n := range inUse(s) {
		count("slots of "+kind, n)
	}
	return strings.Join(left, ", ")
}

// TestTorture first shows that it would notice: it plants two faults and says
// what became of them. Then it runs without.
func TestTorture(t *testing.T) {
	const patience = time.Minute
	for _, fault := range []struct {
		name  string
		share core.Share
		speed int64
		says  string
	}{
		{"leases that are exclusive by the books are shared", core.Any, 1, "label"},
		{"a clock that runs at double speed", core.Exclusive, 2, "early"},
	} {
		x := newTorture(t, fault.share, fault.speed)
		x.run(patience, true)
		if !strings.Contains(x.first, fault.says) {
			t.Fatalf("planted fault: %s: not caught: %q", fault.name, x.first)
		}
		fmt.Printf("planted fault: %s: caught\n", fault.name)
	}
	x := newTorture(t, core.Exclusive, 1)
	x.run(*tortureTime, false)
	fmt.Printf("core torture: operations=%d errors=%d\n", x.operations.Load(), x.errors.Load())
	if x.errors.Load() > 0 {
		t.Errorf("first error: %s", x.first)
	}
	if x.operations.Load() == 0 {
		t.Error("nothing happened")
	}
	if s := x.eng.Stats(); s.Created == 0 || s.Joined == 0 || s.Revived == 0 || s.Expired == 0 || s.Purged == 0 || s.Reused == 0 || s.Renewed == 0 {
		t.Errorf("something did not happen: %+v", s)
	}
}
