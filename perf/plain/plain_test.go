package plain_test

import (
	"go/build"
	"strings"
	"testing"
	"time"

	"github.com/flowlabel/flowlabel/perf/plain"
)

const (
	linger  = 100 * time.Millisecond
	padding = "\x00\x00\x01\x04\x00\x00\x00\x00"
)

// guarded returns a guarded namespace with some open sockets.
func guarded(sockets ...uint32) *plain.Namespace {
	n := plain.New(plain.Settings{Guarded: true, MinLinger: linger})
	for _, id := range sockets {
		n.Open(id, plain.Other)
	}
	return n
}

var (
	alone  = plain.Terms{Share: plain.Exclusive}
	shared = plain.Terms{Share: 3, Owner: 7}
	others = plain.Terms{Share: 3, Owner: 8}
	headed = plain.Terms{Share: 3, Owner: 7, Headers: plain.Headers{HopByHop: padding}}
)

func TestTake(t *testing.T) {
	for name, c := range map[string]struct {
		first, second plain.Terms
		released      bool
		at            time.Duration // of the second
		ok            bool
	}{
		"shared":                       {first: shared, second: shared, ok: true},
		"other owner":                  {first: shared, second: others},
		"other headers":                {first: shared, second: headed},
		"exclusive beside shared":      {first: shared, second: alone},
		"shared beside exclusive":      {first: alone, second: shared},
		"exclusive twice":              {first: alone, second: alone},
		"exclusive while it lingers":   {first: shared, second: alone, released: true, at: linger - 1},
		"exclusive after it lingered":  {first: shared, second: alone, released: true, at: linger, ok: true},
		"other owner after a release":  {first: shared, second: others, released: true, ok: true},
		"exclusive again too early":    {first: alone, second: alone, released: true, at: linger / 2},
		"exclusive again, long enough": {first: alone, second: alone, released: true, at: 2 * linger, ok: true},
	} {
		n := guarded(1, 2)
		if err := n.Take(1, 5, c.first, 0); err != nil {
			t.Fatalf("%s: first: %v", name, err)
		}
		if c.released && !n.Drop(1, 5, 0) {
			t.Fatalf("%s: not held", name)
		}
		if err := n.Take(2, 5, c.second, c.at); (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestHeld(t *testing.T) {
	n := guarded(1)
	for _, l := range []plain.Lease{{5, shared}, {5, shared}, {6, headed}} {
		if err := n.Take(1, l.Label, l.Terms, 0); err != nil {
			t.Error(err)
		}
	}
	for _, want := range []bool{true, true, false} {
		if n.Drop(1, 5, 0) != want {
			t.Errorf("dropped: %v, want %v", !want, want)
		}
	}
	if uses, last := n.Held(1); uses != 1 || last.Label != 6 {
		t.Errorf("%d uses, the last %+v", uses, last)
	}
	if n.Leased() != 1 {
		t.Errorf("%d labels leased", n.Leased())
	}
	n.Close(1, 0)
	if err := n.Take(1, 7, shared, 0); err == nil {
		t.Error("a closed socket took a label")
	}
	if users, _ := n.Users(6); users != 0 || n.Leased() != 0 {
		t.Errorf("%d users, %d leased after the close", users, n.Leased())
	}
}

// A label that is long gone is forgotten; one released again lately is not.
func TestForget(t *testing.T) {
	n := guarded(1, 2)
	cycle := func(label uint32, at time.Duration) {
		if err := n.Take(1, label, shared, at); err != nil {
			t.Fatal(err)
		}
		n.Drop(1, label, at)
	}
	cycle(5, 0)
	cycle(5, 3*linger)
	cycle(6, 3*linger+linger/2)
	if err := n.Take(2, 5, alone, 3*linger+linger/2); err == nil {
		t.Error("the later release of a label was forgotten")
	}
}

// The model is worth something only as long as it shares nothing with what it
// is compared to.
func TestImports(t *testing.T) {
	p, err := build.ImportDir(".", 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range p.Imports {
		if strings.HasPrefix(path, "github.com/flowlabel/") && path != "github.com/flowlabel/flowlabel/perf/pkt" {
			t.Errorf("imports %s", path)
		}
	}
	if p, err = build.ImportDir("../pkt", 0); err != nil {
		t.Fatal(err)
	}
	for _, path := range p.Imports {
		if strings.HasPrefix(path, "github.com/flowlabel/") {
			t.Errorf("what it imports imports %s", path)
		}
	}
}
