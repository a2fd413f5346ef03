package core_test

import (
	"errors"
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/flowlabel/flowlabel/core"
)

// full calls make until it fails, which must be before most calls, and returns
// how often it went well.
func full(t *testing.T, most int, make func(i int) error, want error) int {
	t.Helper()
	for i := range most {
		if err := make(i); err != nil {
			if !errors.Is(err, want) {
				t.Fatalf("after %d: %v, want %v", i, err, want)
			}
			return i
		}
	}
	t.Fatalf("still room after %d", most)
	return 0
}

// TestLeasesFull fills the table of leases: its size is the quota for everybody
// if the rules name none.
func TestLeasesFull(t *testing.T) {
	b := newRig(t, core.Options{MaxLeases: 50})
	ns := b.space("a")
	s := b.socketWith(ns, core.SocketOptions{Owner: core.Credentials{Privileges: core.Admin}})
	req := core.Request{Dst: dst1, Share: core.Any, Create: true}
	if n := full(t, 100, func(int) error { return getting(s, req)() }, core.ErrQuota); n != 50 {
		t.Errorf("room for %d leases, want 50", n)
	}
	b.refuses(t, refusal{"", getting(s, req), core.ErrQuota, "50 leases"}, []*core.Namespace{ns}, s)
	for l := range ns.Leases() {
		b.put(s, l.Label)
		break
	}
	b.refuses(t, refusal{"", getting(s, req), core.ErrQuota, "50 leases"}, []*core.Namespace{ns}, s)
	b.wait(2 * tick)
	b.get(s, req)
}

// TestSlotsWait keeps a reader in its section while leases come and go: their
// slots cannot serve again, so in the end there is none. Giving up still works.
func TestSlotsWait(t *testing.T) {
	b := newRig(t, core.Options{MaxLeases: 50, Shards: 1})
	ns := b.space("a")
	s := b.socket(ns, 1)
	kept := b.lease(s, 1, core.Any, time.Second)
	r := b.Reader("slow")
	defer r.Close()
	r.Enter()
	req := core.Request{Label: 2, Dst: dst1, Share: core.Exclusive, Create: true}
	full(t, 1<<14, func(int) error {
		if err := getting(s, req)(); err != nil {
			return err
		}
		b.put(s, 2)
		ns.Purge()
		return nil
	}, core.ErrTableFull)
	if got := b.Stats().Leases; got != 1 {
		t.Errorf("%d leases alive, want 1", got)
	}
	err := getting(s, req)()
	if !errors.Is(err, core.ErrTableFull) || alive(ns, 2) || b.check(s, 3) != core.Allowed {
		t.Errorf("%v; label 2 alive: %v", err, alive(ns, 2))
	}
	b.put(s, kept)
	if n := ns.Purge(); n != 1 {
		t.Errorf("purged %d, want 1", n)
	}
	r.Exit()
	b.drain()
	b.get(s, req)
}

func TestSocketsFull(t *testing.T) {
	const most = 40
	b := newRig(t, core.Options{MaxSockets: most, Shards: 1})
	ns := b.space("a")
	var all []core.Socket
	open := func() error {
		s, err := ns.Socket(core.SocketOptions{})
		if err == nil {
			all = append(all, s)
		}
		return err
	}
	if n := full(t, 1<<14, func(int) error { return open() }, core.ErrTableFull); n < most {
		t.Errorf("room for %d sockets, want at least %d", n, most)
	}
	b.refuses(t, refusal{"", open, core.ErrTableFull, "sockets"}, []*core.Namespace{ns}, all[0])
	if err := all[0].Close(); err != nil {
		t.Fatal(err)
	}
	b.drain()
	if err := open(); err != nil {
		t.Error(err)
	}
}

func TestNamespacesFull(t *testing.T) {
	const most = 40
	b := newRig(t, core.Options{MaxNamespaces: most, Shards: 1})
	make := func(i int) error {
		_, err := b.Namespace(fmt.Sprint(i), core.NamespaceOptions{})
		return err
	}
	n := full(t, 1<<14, make, core.ErrTableFull)
	if n < most {
		t.Errorf("room for %d namespaces, want at least %d", n, most)
	}
	b.refuses(t, refusal{"", func() error { return make(n) }, core.ErrTableFull, "namespaces"}, nil)
	if _, ok := b.Lookup(fmt.Sprint(n)); ok {
		t.Error("a namespace that was refused can be looked up")
	}
	ns, _ := b.Lookup("0")
	_ = ns.Close()
	b.drain()
	if err := make(n); err != nil {
		t.Error(err)
	}
}

// TestSocketFull fills a socket's list, also with uses of a single lease, and is
// then refused a creation, a join and a revival.
func TestSocketFull(t *testing.T) {
	const most = 20
	for _, label := range []core.Label{0, 1} {
		b := newRig(t, core.Options{MaxSocketEntries: most})
		ns := b.space("a")
		s, other := b.socket(ns, 1), b.socket(ns, 2)
		req := core.Request{Label: label, Dst: dst1, Share: core.Any, Create: true}
		if n := full(t, 100, func(int) error { return getting(s, req)() }, core.ErrSocketFull); n != most {
			t.Errorf("room for %d entries, want %d", n, most)
		}
		b.lease(other, 2, core.Any, time.Second)
		b.lease(other, 3, core.Any, time.Second)
		b.put(other, 3)
		b.wait(time.Second / 2)
		for _, x := range []core.Request{
			{Label: 4, Dst: dst1, Share: core.Any, Create: true},
			{Label: 5, Dst: dst1, Share: core.Exclusive, Create: true},
			{Label: 2, Dst: dst1, Share: core.Any, Linger: time.Hour},
			{Label: 3, Dst: dst1, Share: core.Any, Linger: time.Hour, Expires: time.Hour, Create: true},
			{Dst: dst1, Share: core.Any, Create: true},
		} {
			b.refuses(t, refusal{"", getting(s, x), core.ErrSocketFull, "20 entries"}, []*core.Namespace{ns}, s, other)
		}
		// The refused revival took no time away and gave none.
		b.wait(time.Second/2 - 1)
		if !alive(ns, 3) {
			t.Error("label 3 ended before its linger was over")
		}
		b.wait(1 + tick)
		if alive(ns, 3) {
			t.Error("a refused revival prolonged the linger of label 3")
		}
	}
}

// TestUsersFull has a lease with as many users as can be counted: it can be
// neither joined nor renewed, by its holder or by an administrator, until one of
// them goes.
func TestUsersFull(t *testing.T) {
	b := newRig(t, core.Options{})
	ns := b.space("a")
	s, other := b.socket(ns, 1), b.socketWith(ns, core.SocketOptions{Owner: core.Credentials{Privileges: core.NetAdmin}})
	b.lease(s, 5, core.Any, time.Second)
	b.lease(s, 5, core.Any, time.Second)
	ns.Crowd(5)
	if l, _ := find(ns, 5); l.Users != 1<<24-1 {
		t.Fatalf("%d users", l.Users)
	}
	join := core.Request{Label: 5, Dst: dst1, Share: core.Any, Create: true, Linger: time.Hour, Expires: time.Hour}
	renew := core.Request{Label: 5, Linger: time.Hour}
	all := []refusal{
		{"join", getting(other, join), core.ErrUsers, "0x5"},
		{"join again", getting(s, join), core.ErrUsers, "0x5"},
		{"renew", func() error { return s.Renew(renew) }, core.ErrUsers, "0x5"},
		{"renew another's", func() error { return other.Renew(renew) }, core.ErrUsers, "0x5"},
	}
	b.refusesAll(t, all, []*core.Namespace{ns}, s, other)
	b.counted(t, all)
	b.put(s, 5)
	b.get(other, join)
	b.put(s, 5)
	if err := other.Renew(renew); err != nil {
		t.Error(err)
	}
}

// TestLabelsExhausted leases every label of a namespace.
func TestLabelsExhausted(t *testing.T) {
	t.Run("one range", func(t *testing.T) { exhaust(t, true) })
	if !testing.Short() && !raceEnabled {
		t.Run("both ranges", func(t *testing.T) { exhaust(t, false) })
	}
}

func exhaust(t *testing.T, ranges bool) {
	last := core.MaxLabel
	if ranges {
		last = core.StatelessBit - 1
	}
	b := newRig(t, core.Options{MaxLeases: 1 << 21})
	ns, err := b.Namespace("a", core.NamespaceOptions{Settings: &core.Settings{StateRanges: ranges}})
	if err != nil {
		t.Fatal(err)
	}
	// Lists are kept short, since a search for an empty place walks them. All
	// but some labels are asked for, those are left to chance.
	const perSocket, left = 60, 1000
	var s core.Socket
	var newest core.Label
	req := core.Request{Dst: dst1, Share: core.Any, Create: true}
	for i := range last {
		if i%perSocket == 0 {
			s = b.socket(ns, 1)
		}
		req.Label = i + 1
		if i >= last-left {
			req.Label = 0
		}
		newest = b.get(s, req)
	}
	if n := b.Stats().Leases; n != int(last) {
		t.Fatalf("%d leases, want %d", n, last)
	}
	req.Label = 0
	probe := b.socket(ns, 2)
	before := b.Stats()
	if _, err := s.Get(req); !errors.Is(err, core.ErrNoLabels) {
		t.Fatalf("error %v, want ErrNoLabels", err)
	}
	guarding := req
	guarding.Share, guarding.Headers = core.Exclusive, &core.Headers{Routing: header(8, 0)}
	if _, err := s.Get(guarding); !errors.Is(err, core.ErrNoLabels) || b.check(probe, 1) != core.Allowed {
		t.Errorf("error %v, want ErrNoLabels, and no label guarded", err)
	}
	after := b.Stats()
	if before.Leases != after.Leases || before.Created != after.Created ||
		!maps.Equal(inUse(before), inUse(after)) {
		t.Errorf("ErrNoLabels, and yet something changed:\nbefore %+v\nafter  %+v", before, after)
	}
	b.put(s, newest)
	ns.Purge()
	if label := b.get(s, req); label != newest {
		t.Errorf("label %#x, want %#x, the only one free", label, newest)
	}
}
