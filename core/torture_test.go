package core_test

import (
	"errors"
	"flag"
	"fmt"
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
	thief   bool       // somebody else unbinds the binders' flows: false, if no fault is planted

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
		MaxLeases: 200, MaxSocketEntries: 20, MaxFlows: 60,
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
	for i := range uint16(2) {
		x.crowd.Go(func() { x.bind(i) })
	}
	x.crowd.Go(x.replace)
	for end := time.Now().Add(length); time.Now().Before(end) && !(untilError && x.errors.Load() > 0); {
		time.Sleep(time.Millisecond)
	}
	x.stop.Store(true)
	x.crowd.Wait()
	x.end()
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
	count("flows", s.Flows)
	count("namespaces", s.Namespaces)
	count("readers", s.Readers.Readers)
	count("leases not accounted for", int(s.Created-s.Expired-s.Purged))
	for kind, n := range inUse(s) {
		count("slots of "+kind, n)
	}
	return strings.Join(left, ", ")
}

// TestTorture first shows that it would notice: it plants three faults and says
// what became of them. Then it runs without.
func TestTorture(t *testing.T) {
	const patience = time.Minute
	for _, fault := range []struct {
		name  string
		share core.Share
		speed int64
		thief bool
		says  string
	}{
		{"leases that are exclusive by the books are shared", core.Any, 1, false, "label"},
		{"a clock that runs at double speed", core.Exclusive, 2, false, "early"},
		{"flows are unbound by somebody else", core.Exclusive, 1, true, "flow"},
	} {
		x := newTorture(t, fault.share, fault.speed)
		x.thief = fault.thief
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
