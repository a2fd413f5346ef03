package core_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/flowlabel/flowlabel/core"
)

// accounted is the memory that the statistics account for.
func accounted(s core.Stats) (n int64) {
	for _, u := range s.Memory {
		n += u.Bytes
	}
	return n
}

// TestMemoryReturns fills namespaces, empties them and fills them again: what an
// emptied table held serves the next one.
func TestMemoryReturns(t *testing.T) {
	b := newRig(t, core.Options{Shards: 1})
	var first int64
	for round := range 10 {
		for i := range 10 {
			ns := b.space(fmt.Sprint(i))
			for range 5 {
				s := b.socket(ns, 1)
				for range 50 {
					b.lease(s, 0, core.Any, 0)
				}
			}
		}
		s := b.Stats()
		for kind, want := range map[string]int{"leases": 2500, "sockets": 50, "index roots": 10} {
			if n := inUse(s)[kind]; n != want {
				t.Errorf("%d %s in use, want %d", n, kind, want)
			}
		}
		if use := inUse(s); use["index pages"] == 0 || use["socket lists"] == 0 {
			t.Errorf("nothing in use: %v", use)
		}
		if round == 0 {
			first = s.MappedBytes
		} else if s.MappedBytes > first*3/2 { // where labels fall is chance, so pages differ
			t.Fatalf("%d bytes in round %d, %d at first", s.MappedBytes, round, first)
		}
		for i := range 10 {
			ns, _ := b.Lookup(fmt.Sprint(i))
			_ = ns.Close()
		}
		b.emptied()
	}
}

// TestExpiredMemory empties a namespace by expiry, without closing it.
func TestExpiredMemory(t *testing.T) {
	b := newRig(t, core.Options{})
	ns := b.space("a")
	s := b.socket(ns, 1)
	for range 100 {
		b.put(s, b.lease(s, 0, core.Exclusive, time.Second))
	}
	b.wait(time.Second + tick)
	b.drain()
	st := b.Stats()
	if use := inUse(st); use["leases"] != 0 || use["index pages"] != 0 || st.Expired != 100 || st.Filed != 0 || st.Reclaimed != 100 {
		t.Errorf("%+v", st)
	}
	for _, u := range st.Memory {
		if u.InUse > u.Room || u.Bytes < 0 {
			t.Errorf("%+v", u)
		}
	}
}

// cycle has each of many namespaces hold 32 labels, give them up and take new
// ones, until each has had a number of random labels. It returns the engine.
func cycle(t testing.TB, spaces, labels int) *rig {
	const held = 32
	b := newRig(t, core.Options{Shards: 1, MaxNamespaces: spaces, MaxSockets: 4 * spaces, MaxLeases: 2 * held * spaces})
	var sockets []core.Socket
	for i := range spaces {
		sockets = append(sockets, b.socket(b.space(fmt.Sprint(i)), 1))
	}
	holds := make([][held]core.Label, spaces)
	for done := 0; done < labels; done += held {
		for i, s := range sockets {
			for j, old := range holds[i] {
				if old != 0 {
					b.put(s, old)
				}
				holds[i][j] = b.lease(s, 0, core.User, 0)
			}
			if i%50 == 0 {
				b.wait(tick)
			}
		}
	}
	b.wait(2 * tick)
	b.drain()
	return b
}

// TestSmallNamespaces: many namespaces with few labels each stay small, however
// many labels they have had.
func TestSmallNamespaces(t *testing.T) {
	const spaces, limit = 1000, 64 << 20
	labels := 2000
	if raceEnabled || testing.Short() {
		labels = 100
	}
	b := cycle(t, spaces, labels)
	s := b.Stats()
	if n := accounted(s); n > limit && !invariantsEnabled {
		t.Errorf("%d bytes for %d namespaces of 32 labels, want at most %d: %+v", n, spaces, limit, s.Memory)
	}
	use := inUse(s)
	if use["leases"] != 32*spaces || use["index pages"] > 32*spaces || use["socket lists"] != spaces {
		t.Errorf("in use: %v", use)
	}
	if s.Created < int64(spaces*labels) {
		t.Errorf("%d leases created", s.Created)
	}
}
