//go:build race || invariants

package rcu

import (
	"strings"
	"testing"
)

// TestMisuse checks that a checked build stops at each kind of misuse and says
// which it was.
func TestMisuse(t *testing.T) {
	d, other := New(Options{}), New(Options{})
	register := func() *Reader { return d.Register("clumsy") }
	for _, c := range []struct {
		want string
		do   func()
	}{
		{"nested Enter", func() { r := register(); r.Enter(); r.Enter() }},
		{"clumsy", func() { r := register(); r.Enter(); r.Enter() }},
		{"Exit without Enter: clumsy", func() { register().Exit() }},
		{"Enter after Close", func() { r := register(); r.Close(); r.Enter() }},
		{"Exit after Close", func() { r := register(); r.Enter(); r.Close(); r.Exit() }},
		{"Enter on a borrowed reader", func() { d.Borrow().Enter() }},
		{"Exit of a borrowed reader", func() { d.Borrow().Exit() }},
		{"Close of a borrowed reader", func() { d.Borrow().Close() }},
		{"Return of a registered reader", func() { d.Return(register()) }},
		{"Return to another domain", func() { other.Return(d.Borrow()) }},
		{"reader returned twice", func() { r := d.Borrow(); d.Return(r); d.Return(r) }},
		{"Count after Close", func() { r := register(); r.Close(); r.Count(0) }},
		{"Count outside a section", func() { register().Count(0) }},
		{"Unpin without Pin", func() { s := New(Options{}).Pin(); s.Unpin(); s.Unpin() }},
	} {
		t.Run(c.want, func(t *testing.T) {
			defer func() {
				if got, _ := recover().(string); !strings.Contains(got, c.want) {
					t.Errorf("panic %q, want one with %q", got, c.want)
				}
			}()
			c.do()
		})
	}
}
