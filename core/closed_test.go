package core_test

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/flowlabel/flowlabel/core"
)

var someTuple, _ = core.NewTuple(17, netip.AddrPortFrom(dst1, 1), netip.AddrPortFrom(dst2, 2))

// calls are all calls on a socket that may fail.
func calls(s core.Socket) map[string]func() error {
	req := core.Request{Label: 1, Dst: dst1, Share: core.Any, Create: true}
	return map[string]func() error{
		"Get":            getting(s, req),
		"Get at random":  getting(s, core.Request{Dst: dst1, Share: core.Any, Create: true}),
		"Put":            func() error { return s.Put(1) },
		"Renew":          func() error { return s.Renew(core.Request{Label: 1}) },
		"Renew any":      func() error { return s.Renew(core.Request{Label: 1, By: &core.Credentials{Privileges: core.NetAdmin}}) },
		"Connect":        func() error { return s.Connect(1) },
		"Reflect":        s.Reflect,
		"StopReflecting": s.StopReflecting,
		"Current":        func() error { _, _, err := s.Current(); return err },
		"Remote":         func() error { _, err := s.Remote(); return err },
		"Query":          func() error { _, err := s.Query(); return err },
		"Bind":           func() error { return s.Bind(someTuple) },
		"Unbind":         func() error { return s.Unbind(someTuple) },
		"choose":         func() error { return s.ChooseAutoLabels(core.AutoOff) },
		"AutoLabels":     func() error { _, err := s.AutoLabels(); return err },
	}
}

// shutOff fails the test unless every call on the socket gives want, and says
// which socket it is. ErrStale is what ErrClosed becomes once the socket's place
// has been reclaimed.
func (b *rig) shutOff(t *testing.T, s core.Socket, want error, says string, ns ...*core.Namespace) {
	t.Helper()
	for name, call := range calls(s) {
		t.Run(name, func(t *testing.T) {
			b.refuses(t, refusal{call: call, want: want, says: says}, ns, s)
		})
	}
	s.Received(9) // has nothing to return
	r := b.Reader("test")
	defer r.Close()
	r.Enter()
	defer r.Exit()
	if h := r.Headers(s, 1); h != nil {
		t.Errorf("a closed socket has headers %v", h)
	}
}

// guarded returns a namespace in which packets are checked.
func guarded(b *rig, name string) (*core.Namespace, core.Socket) {
	ns := b.space(name)
	s := b.socket(ns, 1)
	b.lease(s, 99, core.Exclusive, time.Second)
	return ns, s
}

func TestClosedSocket(t *testing.T) {
	b := newRig(t, core.Options{Shards: 1})
	ns, _ := guarded(b, "a")
	s := b.socket(ns, 1)
	b.lease(s, 1, core.Any, time.Second)
	for range 2 {
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if v := b.check(s, 1); v != core.Stale {
		t.Errorf("verdict %d on a closed socket", v)
	}
	if l, ok := find(ns, 1); !ok || l.Users != 0 {
		t.Errorf("after its only socket closed: %+v %v, want a lease that lingers", l, ok)
	}
	if s.Namespace() != ns {
		t.Error("a closed socket has lost its namespace")
	}
	// Its slot is not reclaimed before the next Advance.
	for name, call := range calls(s) {
		err := call()
		if !errors.Is(err, core.ErrClosed) || errors.Is(err, core.ErrStale) || !strings.Contains(err.Error(), `socket 2 of namespace "a"`) {
			t.Errorf("%s: %v, want ErrClosed and which socket it is", name, err)
		}
	}
}

// TestStaleSocket has a socket's place taken by another one.
func TestStaleSocket(t *testing.T) {
	b := newRig(t, core.Options{MaxSockets: 64, Shards: 1})
	ns, other := guarded(b, "a")
	s := b.socket(ns, 1)
	_ = s.Close()
	b.drain()
	heirs := []core.Socket{other}
	for i := 0; i < 4000; i++ { // enough to use every place
		heir, err := ns.Socket(core.SocketOptions{Protocol: core.TCP})
		if err != nil {
			break
		}
		heirs = append(heirs, heir)
	}
	b.shutOff(t, s, core.ErrStale, `stale handle: core: closed: socket 2 of namespace "a"`, ns)
	if v := b.check(s, 1); v != core.Stale {
		t.Errorf("verdict %d on a stale socket", v)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	for _, heir := range heirs {
		if label, reflects, err := heir.Current(); label != 0 || reflects || err != nil {
			t.Fatalf("an heir was touched: %#x %v %v", label, reflects, err)
		}
		if label, err := heir.Remote(); label != 0 || err != nil {
			t.Fatalf("an heir was touched: remote %#x %v", label, err)
		}
	}
}

func TestZeroSocket(t *testing.T) {
	b := newRig(t, core.Options{})
	ns, _ := guarded(b, "a")
	b.shutOff(t, core.Socket{}, core.ErrStale, "zero Socket", ns)
	if err := (core.Socket{}).Close(); !errors.Is(err, core.ErrStale) {
		t.Errorf("Close: %v, want ErrStale", err)
	}
	if v := b.check(core.Socket{}, 0); v != core.Stale || (core.Socket{}).Namespace() != nil {
		t.Errorf("verdict %d on the zero socket", v)
	}
	if core.ErrStale == core.ErrClosed || !errors.Is(core.ErrStale, core.ErrClosed) {
		t.Error("ErrStale is not a kind of ErrClosed")
	}
}

func TestClosedNamespace(t *testing.T) {
	b := newRig(t, core.Options{})
	ns, s := guarded(b, "a")
	other := b.space("b")
	b.lease(b.socket(other, 1), 1, core.Any, time.Second)
	b.lease(b.socket(ns, 1), 2, core.Any, time.Hour)
	b.put(s, 99)
	for range 2 {
		_ = ns.Close()
	}
	for l := range ns.Leases() {
		t.Errorf("a closed namespace still has %+v", l)
	}
	if _, ok := b.Lookup("a"); ok {
		t.Error("a closed namespace can be looked up")
	}
	b.refusesAll(t, []refusal{
		{"socket", func() error { _, err := ns.Socket(core.SocketOptions{}); return err }, core.ErrClosed, `namespace "a"`},
		{"settings", func() error { return ns.SetSettings(core.Settings{}) }, core.ErrClosed, `namespace "a"`},
	}, []*core.Namespace{ns, other})
	b.shutOff(t, s, core.ErrClosed, `of namespace "a"`, other)
	if v := b.check(s, 99); v != core.Stale {
		t.Errorf("verdict %d on a socket of a closed namespace", v)
	}
	if n := ns.Purge(); n != 0 {
		t.Errorf("purged %d of a closed namespace", n)
	}
	again := b.space("a") // the name is free
	_ = ns.Close()
	if got, ok := b.Lookup("a"); !ok || got != again {
		t.Error("closing a namespace again took the name from the next one")
	}
	_, _ = again.Close(), other.Close()
	b.emptied()
}

// TestClosedEngine closes an engine, its namespaces, a socket and a reader in
// every order.
func TestClosedEngine(t *testing.T) {
	for _, order := range permutations([]int{0, 1, 2, 3}) {
		t.Run(fmt.Sprint(order), func(t *testing.T) {
			b := newRig(t, core.Options{})
			ns, s := guarded(b, "a")
			b.lease(b.socket(b.space("b"), 1), 1, core.Any, time.Second)
			r := b.Reader("test")
			for _, who := range append(order, order...) {
				if err := []func() error{b.Close, ns.Close, s.Close, func() error { r.Close(); return nil }}[who](); err != nil {
					t.Fatal(err)
				}
			}
			if v := b.check(s, 99); v != core.Stale {
				t.Errorf("verdict %d after Close", v)
			}
			b.emptied()
			b.shutOff(t, s, core.ErrClosed, `of namespace "a"`)
		})
	}
}

// TestAfterClose calls what is left of a closed engine.
func TestAfterClose(t *testing.T) {
	b := newRig(t, core.Options{})
	ns, s := guarded(b, "a")
	r := b.Reader("test")
	defer r.Close()
	r.Enter() // stays in its section while the engine closes
	_ = b.Close()
	if v := r.Check(s, 99); v != core.Stale {
		t.Errorf("verdict %d in a section that saw Close", v)
	}
	b.refusesWhileReading(t, r, refusal{"", func() error { _, err := b.Namespace("b", core.NamespaceOptions{}); return err }, core.ErrClosed, "the engine"})
	if _, ok := b.Lookup("a"); ok {
		t.Error("Lookup finds a namespace of a closed engine")
	}
	if err := ns.SetSettings(core.Settings{}); !errors.Is(err, core.ErrClosed) {
		t.Error(err)
	}
	b.emptied()
}

// refusesWhileReading makes the call while a reader holds reclamation up, and
// ends the reader's section.
func (b *rig) refusesWhileReading(t *testing.T, r *core.Reader, x refusal) {
	t.Helper()
	if err := x.call(); !errors.Is(err, x.want) {
		t.Errorf("error %v, want %v", err, x.want)
	}
	r.Exit()
	b.refuses(t, x, nil)
}

// TestTwoEngines sees that engines know nothing of each other.
func TestTwoEngines(t *testing.T) {
	b1, b2 := newRig(t, core.Options{MaxLeases: 1}), newRig(t, core.Options{MaxLeases: 1})
	ns1, ns2 := b1.space("a"), b2.space("a")
	s1, s2 := b1.socket(ns1, 1), b2.socket(ns2, 2)
	b1.lease(s1, 5, core.Exclusive, time.Second)
	b2.lease(s2, 5, core.Exclusive, time.Second)
	_ = b1.Close()
	if v := b2.check(s2, 5); v != core.Allowed {
		t.Errorf("verdict %d after another engine closed", v)
	}
	b2.put(s2, 5)
	b2.wait(time.Second + tick)
	if s := b2.Stats(); s.Expired != 1 || s.Leases != 0 {
		t.Errorf("%+v", s)
	}
	b1.emptied()
}

// permutations returns all orders of xs.
func permutations(xs []int) (all [][]int) {
	if len(xs) < 2 {
		return [][]int{slices.Clone(xs)}
	}
	for i := range xs {
		rest := slices.Delete(slices.Clone(xs), i, i+1)
		for _, p := range permutations(rest) {
			all = append(all, append([]int{xs[i]}, p...))
		}
	}
	return all
}
