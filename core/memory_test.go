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

// bytesOf returns the bytes by kind.
func bytesOf(s core.Stats) map[string]int64 {
	m := make(map[string]int64)
	for _, u := range s.Memory {
		m[u.Kind] = u.Bytes
	}
	return m
}

// TestMemoryByKind holds each kind to what MemoryUse says of it: nothing in an
// empty engine, and what it gives back when it has emptied.
func TestMemoryByKind(t *testing.T) {
	b := newRig(t, core.Options{Shards: 1})
	for _, u := range b.Stats().Memory {
		if u != (core.MemoryUse{Kind: u.Kind}) {
			t.Errorf("an empty engine: %+v", u)
		}
	}
	ns := b.space("a")
	s := b.socketWith(ns, core.SocketOptions{Owner: core.Credentials{Privileges: core.NetRaw}})
	b.lease(s, 1, core.Any, 0)
	one := bytesOf(b.Stats())
	if one["headers"] != 0 {
		t.Errorf("%d bytes of headers before there are any", one["headers"])
	}
	withHeaders := func(label core.Label, size int) core.Request {
		return core.Request{
			Label: label, Dst: dst1, Share: core.Any, Create: true,
			Headers: &core.Headers{HopByHop: header(size, size/8-1), Routing: header(8, 0)},
		}
	}
	b.get(s, withHeaders(2, 8))
	small := bytesOf(b.Stats())
	b.get(s, withHeaders(3, 2048))
	large := bytesOf(b.Stats())
	if n := large["headers"] - small["headers"]; n < 2056 || n > 2256 {
		t.Errorf("%d bytes more for headers of 2056", n)
	}
	b.refuses(t, refusal{"", getting(s, withHeaders(core.MaxLabel+1, 2048)), core.ErrLabel, "0x"}, nil)
	b.get(s, withHeaders(2, 2048)) // a join drops them
	if use := inUse(b.Stats()); use["headers"] != 2 || use["namespaces"] != 1 || use["index roots"] != 1 {
		t.Errorf("in use: %v", use)
	}
	_ = s.Close()
	b.wait(2 * tick)
	b.drain()
	empty := bytesOf(b.Stats())
	table := 2*small["headers"] - large["headers"] + 2048 - 8 // a lease's part taken away
	if empty["headers"] != table || empty["leases"] != one["leases"] || empty["index pages"] != one["index pages"] {
		t.Errorf("emptied: %v, with one lease: %v; the table beside it had %d", empty, one, table)
	}
	_ = ns.Close()
	b.emptied()
	closed := bytesOf(b.Stats())
	if closed["index roots"] != 0 || closed["namespaces"] == 0 || closed["namespaces"] >= one["namespaces"] {
		t.Errorf("closed: %v, with one namespace: %v", closed, one)
	}
}

// TestMemoryComplete: what the slabs took is all accounted for.
func TestMemoryComplete(t *testing.T) {
	if invariantsEnabled {
		return // chunks are smaller than a page of the system there, which is what is mapped
	}
	b := newRig(t, core.Options{})
	for i := range 10 {
		b.lease(b.socket(b.space(fmt.Sprint(i)), 1), 0, core.Any, 0)
	}
	s := b.Stats()
	if slabs := accounted(s) - bytesOf(s)["index roots"]; slabs < s.MappedBytes {
		t.Errorf("%d bytes mapped, %d accounted for: %+v", s.MappedBytes, slabs, s.Memory)
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
