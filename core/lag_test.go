package core_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/flowlabel/flowlabel/core"
)

// TestAdvanceAfterLongSilence leaves the wheels alone for more ticks than they
// can tell from a step back of the clock: what is due then is still found.
func TestAdvanceAfterLongSilence(t *testing.T) {
	var now atomic.Int64
	eng, err := core.New(core.Options{
		Tick: 100 * time.Microsecond, ManualAdvance: true,
		Clock: func() time.Duration { return time.Duration(now.Load()) },
	})
	if err != nil {
		t.Fatal(err)
	}
	defer eng.Close()
	ns, err := eng.Namespace("a", core.NamespaceOptions{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := ns.Socket(core.SocketOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for label := core.Label(1); label <= 2; label++ {
		req := core.Request{Label: label, Dst: dst1, Share: core.Any, Create: true, Linger: time.Second}
		if _, err := s.Get(req); err != nil {
			t.Fatal(err)
		}
		if err := s.Put(label); err != nil {
			t.Fatal(err)
		}
		now.Add(int64(61 * time.Hour))
		if p := eng.Advance(0); p.Expired != 1 {
			t.Fatalf("label %d, long after its linger: %+v", label, p)
		}
	}
}

// TestAdvanceBehindTheWheel has an Advance held up after it has read the clock,
// while others with a later reading send the wheel on and leave something due:
// the late one ends what is due there, and comes to an end itself. It works on a
// budget, since without one it might not return at all.
func TestAdvanceBehindTheWheel(t *testing.T) {
	var now atomic.Int64
	var between func()
	eng, err := core.New(core.Options{
		ManualAdvance: true, Shards: 1,
		Clock: func() time.Duration {
			read := time.Duration(now.Load())
			if f := between; f != nil {
				between = nil
				f()
			}
			return read
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer eng.Close()
	b := &rig{TB: t, Engine: eng}
	s := b.socket(b.space("a"), 1)
	const leases, budget = 3, 100
	for label := core.Label(1); label <= leases; label++ {
		b.lease(s, label, core.Any, time.Second)
		b.put(s, label)
	}
	between = func() {
		now.Add(int64(time.Minute))
		p := eng.Advance(1)
		for p.Expired == 0 && p.Behind { // it may move ids first, which is work, too
			p = eng.Advance(1)
		}
		if p.Expired != 1 || !p.Behind || p.Next != 0 {
			t.Errorf("on a budget of one: %+v", p)
		}
	}
	if p := eng.Advance(budget); p.Expired != leases-1 || p.Behind || p.Next != forever {
		t.Errorf("with a clock that is behind the wheel: %+v", p)
	}
	// One that is released by such a clock: others have seen its time pass.
	now.Add(int64(time.Minute))
	eng.Advance(0)
	now.Add(-int64(time.Minute))
	b.lease(s, 4, core.Any, time.Second)
	b.put(s, 4)
	if p := eng.Advance(budget); p.Expired != 1 || p.Behind || p.Next != forever {
		t.Errorf("a release by a clock that is behind the wheel: %+v", p)
	}
}
