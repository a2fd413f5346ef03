package core_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/flowlabel/flowlabel/core"
)

// expected says whether an error is one that a call may meet while others work
// on the same labels, sockets and namespaces.
func expected(err error) bool {
	if err == nil {
		return true
	}
	for _, want := range []error{
		core.ErrClosed, core.ErrExists, core.ErrNotShared, core.ErrNotFound, core.ErrNotHeld, core.ErrRefused,
		core.ErrConsistency, core.ErrProtocol, core.ErrNameTaken, core.ErrSocketFull,
		core.ErrBound, core.ErrNotBound,
	} {
		if errors.Is(err, want) {
			return true
		}
	}
	return false
}

// busy makes every call there is, on what it is given, until it is told to stop.
func busy(e *core.Engine, spaces []*core.Namespace, sockets []core.Socket, stop *atomic.Bool, fail func(error)) {
	rng := rand.New(rand.NewPCG(rand.Uint64(), 0))
	r := e.Reader("busy")
	defer r.Close()
	for i := 0; !stop.Load(); i++ {
		ns, s := spaces[rng.IntN(len(spaces))], sockets[rng.IntN(len(sockets))]
		for _, call := range calls(s) {
			if err := call(); !expected(err) {
				fail(err)
			}
		}
		for range ns.Leases() {
			break
		}
		s.Received(core.Label(i) & core.MaxLabel)
		r.Enter()
		_, _ = r.Check(s, 1), r.Headers(s, 1)
		_, _ = r.Label(ns, udpPacket(someTuple, 0)), r.Receive(ns, udpPacket(someTuple.Reversed(), 1))
		r.Exit()
		if _, err := ns.Socket(core.SocketOptions{}); !expected(err) {
			fail(err)
		}
		if _, err := e.Namespace(ns.Name(), core.NamespaceOptions{}); !expected(err) {
			fail(err)
		}
		if err := ns.SetSettings(core.Settings{}); !expected(err) {
			fail(err)
		}
		e.Lookup(ns.Name())
		e.Advance(1 + rng.IntN(10))
		ns.Purge()
		e.Stats()
	}
}

// TestCloseAmidCalls closes an engine, its namespaces and sockets, in any order
// and by several goroutines, while others are in the middle of every call. In
// the end nothing is left.
func TestCloseAmidCalls(t *testing.T) {
	rounds := 60
	if raceEnabled || testing.Short() {
		rounds = 30
	}
	for round := range rounds {
		b := newRig(t, core.Options{Tick: time.Millisecond, ManualAdvance: true})
		spaces := []*core.Namespace{b.space("a"), b.space("b")}
		var sockets []core.Socket
		for i := range 6 {
			sockets = append(sockets, b.socket(spaces[i%2], uint64(i)))
		}
		var stop atomic.Bool
		var crowd sync.WaitGroup
		for range 3 {
			crowd.Go(func() { busy(b.Engine, spaces, sockets, &stop, func(err error) { t.Error(err) }) })
		}
		closers := []func() error{b.Close, b.Close, spaces[0].Close, spaces[1].Close, spaces[1].Close, sockets[0].Close, sockets[1].Close}
		rand.Shuffle(len(closers), func(i, j int) { closers[i], closers[j] = closers[j], closers[i] })
		var closing sync.WaitGroup
		for _, c := range closers {
			closing.Go(func() { _ = c() })
			for range round % 8 {
				runtime.Gosched()
			}
		}
		closing.Wait()
		runtime.Gosched()
		stop.Store(true)
		crowd.Wait()
		b.emptied()
		if t.Failed() {
			t.Fatalf("in round %d", round)
		}
	}
}

// TestLookupAmidBirth uses namespaces from the moment that Lookup finds them.
func TestLookupAmidBirth(t *testing.T) {
	rounds := 3000
	if raceEnabled || testing.Short() {
		rounds = 500
	}
	b := newRig(t, core.Options{})
	var stop atomic.Bool
	var crowd sync.WaitGroup
	crowd.Go(func() {
		for i := 0; !stop.Load(); i++ {
			ns, ok := b.Lookup("a")
			if !ok {
				continue
			}
			s, err := ns.Socket(core.SocketOptions{})
			if err == nil {
				_, err = s.Get(core.Request{Label: 1, Dst: dst1, Share: core.User, Create: true})
				_ = s.Close()
				ns.Purge()
			}
			if !expected(err) {
				t.Error(err)
			}
		}
	})
	for range rounds {
		_ = b.space("a").Close()
		b.Advance(0)
	}
	stop.Store(true)
	crowd.Wait()
	b.emptied()
}

// TestNamesRace has many goroutines want the same names: one gets each, and all
// slots come back.
func TestNamesRace(t *testing.T) {
	b := newRig(t, core.Options{MaxNamespaces: 100})
	for round := range 50 {
		var won atomic.Int64
		var crowd sync.WaitGroup
		for range 4 {
			crowd.Go(func() {
				for i := range 10 {
					switch _, err := b.Namespace(fmt.Sprint(round, i), core.NamespaceOptions{}); {
					case err == nil:
						won.Add(1)
					case !errors.Is(err, core.ErrNameTaken):
						t.Error(err)
					}
				}
			})
		}
		crowd.Wait()
		if won.Load() != 10 {
			t.Fatalf("%d namespaces for 10 names", won.Load())
		}
		for i := range 10 {
			ns, _ := b.Lookup(fmt.Sprint(round, i))
			_ = ns.Close()
		}
		b.drain()
	}
	b.emptied()
}
