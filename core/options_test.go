package core_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/flowlabel/flowlabel/core"
)

// TestOptionFields sees each field of Options and Rules refused on both sides
// of its range, and accepted at the ends.
func TestOptionFields(t *testing.T) {
	quota := func(q core.Quota) core.Options {
		q.Total = 100
		return core.Options{Rules: core.Rules{Quota: q}}
	}
	for name, x := range map[string]struct{ bad, good []core.Options }{
		"Options.MaxLeases":        {[]core.Options{{MaxLeases: -1}, {MaxLeases: 1<<26 + 1}}, []core.Options{{MaxLeases: 1}, {}}},
		"Options.MaxSockets":       {[]core.Options{{MaxSockets: -1}, {MaxSockets: 1<<26 + 1}}, []core.Options{{MaxSockets: 1}}},
		"Options.MaxNamespaces":    {[]core.Options{{MaxNamespaces: -1}, {MaxNamespaces: 1<<20 + 1}}, []core.Options{{MaxNamespaces: 1}, {MaxNamespaces: 1 << 20}}},
		"Options.MaxSocketEntries": {[]core.Options{{MaxSocketEntries: -1}, {MaxSocketEntries: 8193}}, []core.Options{{MaxSocketEntries: 1}}},
		"Options.Shards":           {[]core.Options{{Shards: -1}, {Shards: 257}}, []core.Options{{Shards: 1}, {Shards: 3}, {Shards: 256}}},
		"Options.Tick":             {[]core.Options{{Tick: 100*time.Microsecond - 1}, {Tick: time.Second + 1}, {Tick: -1}}, []core.Options{{Tick: 100 * time.Microsecond}, {Tick: time.Second}}},
		"Rules.MinLinger": {
			[]core.Options{{Rules: core.Rules{MinLinger: -1}}, {Rules: core.Rules{MinLinger: 2 * time.Second, MaxLinger: time.Second}}},
			[]core.Options{{Rules: core.Rules{MinLinger: time.Second, MaxLinger: time.Second}}},
		},
		"Rules.MaxLinger": {
			[]core.Options{{Rules: core.Rules{MinLinger: 1, MaxLinger: tick<<30 + 1}}},
			[]core.Options{{Rules: core.Rules{MaxLinger: tick << 30}}},
		},
		"Rules.Quota.Total": {
			[]core.Options{{MaxLeases: 10, Rules: core.Rules{Quota: core.Quota{Total: 11}}}, {Rules: core.Rules{Quota: core.Quota{Total: -1}}}, {MaxLeases: 4095, Rules: core.Linux618()}},
			[]core.Options{{MaxLeases: 10, Rules: core.Rules{Quota: core.Quota{Total: 10}}}, {Rules: core.Linux618()}, {Rules: core.Linux2026()}},
		},
		"Rules.Quota.Free":          {[]core.Options{quota(core.Quota{Free: -1}), quota(core.Quota{Free: 101})}, []core.Options{quota(core.Quota{Free: 100})}},
		"Rules.Quota.Socket":        {[]core.Options{quota(core.Quota{Socket: -1}), quota(core.Quota{Socket: 101})}, []core.Options{quota(core.Quota{Socket: 100})}},
		"Rules.Quota.Reserve":       {[]core.Options{quota(core.Quota{Reserve: -1}), quota(core.Quota{Reserve: 101})}, []core.Options{quota(core.Quota{Reserve: 100})}},
		"Rules.Quota.HolderReserve": {[]core.Options{quota(core.Quota{HolderReserve: -1}), quota(core.Quota{HolderReserve: 101})}, []core.Options{quota(core.Quota{HolderReserve: 100})}},
		"Rules.Quota.Namespace":     {[]core.Options{quota(core.Quota{Namespace: -1}), quota(core.Quota{Namespace: 101})}, []core.Options{quota(core.Quota{Namespace: 100})}},
		"Rules.Policy":              {[]core.Options{{Rules: core.Rules{Policy: core.Strict + 1}}}, []core.Options{{Rules: core.Rules{Policy: core.Strict}}}},
	} {
		for _, o := range x.bad {
			if eng, err := core.New(o); eng != nil || !errors.Is(err, core.ErrOption) || !strings.Contains(err.Error(), name+" ") {
				t.Errorf("%s: New(%+v): %v, want ErrOption and the field's name", name, o, err)
			}
		}
		for _, o := range x.good {
			newRig(t, o)
		}
	}
}

// TestOtherOptions sees the options of namespaces and sockets refused.
func TestOtherOptions(t *testing.T) {
	b := newRig(t, core.Options{})
	ns := b.space("a")
	namespace := func(s core.Settings) func() error {
		return func() error {
			_, err := b.Namespace("b", core.NamespaceOptions{Settings: &s})
			return err
		}
	}
	b.refusesAll(t, []refusal{
		{"auto labels", namespace(core.Settings{AutoLabels: 4}), core.ErrOption, "AutoLabels 4"},
		{"reflect", namespace(core.Settings{Reflect: 8}), core.ErrOption, "Reflect 8"},
		{"set auto labels", func() error { return ns.SetSettings(core.Settings{AutoLabels: 255}) }, core.ErrOption, "AutoLabels 255"},
		{"set reflect", func() error { return ns.SetSettings(core.Settings{Reflect: 255}) }, core.ErrOption, "Reflect 255"},
		{"protocol", func() error { _, err := ns.Socket(core.SocketOptions{Protocol: core.Ping + 1}); return err }, core.ErrOption, "Protocol 5"},
		{"name", func() error { _, err := b.Namespace("a", core.NamespaceOptions{}); return err }, core.ErrNameTaken, `"a"`},
	}, []*core.Namespace{ns})
	if _, ok := b.Lookup("b"); ok {
		t.Error("a namespace that was refused can be looked up")
	}
	if same, ok := b.Lookup("a"); !ok || same != ns || ns.Name() != "a" {
		t.Error("Lookup does not find the namespace")
	}
}

// TestRefusedNames: a name that is taken costs no place in the table.
func TestRefusedNames(t *testing.T) {
	b := newRig(t, core.Options{MaxNamespaces: 10, Shards: 1})
	b.space("a")
	for range 3000 {
		if _, err := b.Namespace("a", core.NamespaceOptions{}); !errors.Is(err, core.ErrNameTaken) {
			t.Fatal(err)
		}
	}
	b.space("b")
}

// TestSettings sees every value of every setting come back.
func TestSettings(t *testing.T) {
	b := newRig(t, core.Options{})
	ns := b.space("a")
	if got, want := ns.Settings(), (core.Settings{Consistency: true, AutoLabels: 1}); got != want {
		t.Errorf("first settings %+v, want %+v", got, want)
	}
	for i := range 128 {
		want := core.Settings{Consistency: i&1 != 0, StateRanges: i&2 != 0, AutoLabels: uint8(i>>2) & 3, Reflect: uint8(i>>4) & 7}
		if err := ns.SetSettings(want); err != nil || ns.Settings() != want {
			t.Fatalf("settings %+v after setting %+v: %v", ns.Settings(), want, err)
		}
	}
}
