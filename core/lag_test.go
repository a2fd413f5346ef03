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
