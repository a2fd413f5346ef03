package plain_test

import (
	"bytes"
	"go/build"
	"strings"
	"testing"
	"time"

	"github.com/flowlabel/flowlabel/perf/plain"
)

const linger = 100 * time.Millisecond

var (
	alone  = plain.Terms{Share: plain.Exclusive}
	shared = plain.Terms{Share: 3, Owner: 7}
	others = plain.Terms{Share: 3, Owner: 8}
	headed = plain.Terms{Share: 3, Owner: 7, Headers: 8}
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
		n := plain.New(true, linger)
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

func TestJudge(t *testing.T) {
	n := plain.New(true, linger)
	expect := func(id, label uint32, want plain.Verdict, headers int) {
		t.Helper()
		if v, h := n.Judge(id, label); v != want || h != headers {
			t.Errorf("socket %d, label %d: %v, %d bytes of headers; want %v, %d", id, label, v, h, want, headers)
		}
	}
	take := func(id, label uint32, terms plain.Terms) {
		t.Helper()
		if err := n.Take(id, label, terms, 0); err != nil {
			t.Error(err)
		}
	}
	expect(1, 0, plain.Allowed, 0)
	expect(1, 5, plain.Refused, 0)
	take(1, 5, shared)
	take(1, 5, shared)
	take(1, 6, headed)
	expect(1, 5, plain.Allowed, 0)
	expect(1, 6, plain.AllowedWithHeaders, 8)
	expect(2, 5, plain.Refused, 0)
	n.Drop(1, 5, 0)
	expect(1, 5, plain.Allowed, 0)
	n.Drop(1, 5, 0)
	expect(1, 5, plain.Refused, 0)
	if n.Drop(1, 5, 0) {
		t.Error("dropped what was not held")
	}
	if uses, last := n.Held(1); uses != 1 || last.Label != 6 {
		t.Errorf("%d uses, the last %+v", uses, last)
	}
	if n.Leased() != 1 {
		t.Errorf("%d labels leased", n.Leased())
	}
	n.Close(1, 0)
	expect(1, 6, plain.Stale, 0)
	expect(1, 0, plain.Stale, 0)
	if err := n.Take(1, 7, shared, 0); err == nil {
		t.Error("a closed socket took a label")
	}
	if users, _ := n.Users(6); users != 0 || n.Leased() != 0 {
		t.Errorf("%d users, %d leased after the close", users, n.Leased())
	}
	open := plain.New(false, linger)
	if v, _ := open.Judge(1, 5); v != plain.Allowed {
		t.Errorf("open namespace: %v", v)
	}
}

// A label that is long gone is forgotten; one released again lately is not.
func TestForget(t *testing.T) {
	n := plain.New(true, linger)
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

func TestPrint(t *testing.T) {
	p := make([]byte, 60)
	p[0], p[1], p[2], p[3] = 0x6a, 0xb1, 0x23, 0x45
	before := plain.NewPrint(p)
	if before.Label != 0x12345 {
		t.Errorf("label %#x", before.Label)
	}
	for bit := range len(p) * 8 {
		q := bytes.Clone(p)
		q[bit/8] ^= 0x80 >> (bit % 8)
		got := plain.NewPrint(q)
		if inLabel := bit >= 12 && bit < 32; inLabel != (got.Rest == before.Rest) || inLabel != (got.Label != before.Label) {
			t.Errorf("bit %d flipped: %+v, was %+v", bit, got, before)
		}
	}
	for v, want := range map[plain.Verdict]uint32{
		plain.Allowed: 7, plain.AllowedWithHeaders: 7, plain.Refused: 0x12345, plain.Stale: 0x12345,
	} {
		if got := before.Sent(v, 7); got.Label != want || got.Rest != before.Rest {
			t.Errorf("%v: %+v", v, got)
		}
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
		if strings.HasPrefix(path, "github.com/flowlabel/") {
			t.Errorf("imports %s", path)
		}
	}
}
