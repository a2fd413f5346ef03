//go:build race || invariants

package core_test

import (
	"strings"
	"testing"

	"github.com/flowlabel/flowlabel/core"
)

// TestReaderMisuse checks that a checked build stops at each kind of misuse and
// names the reader.
func TestReaderMisuse(t *testing.T) {
	b := newRig(t, core.Options{})
	for name, x := range map[string]struct {
		do   func(r *core.Reader)
		says string
	}{
		"nested":       {func(r *core.Reader) { r.Enter(); r.Enter() }, "nested Enter, or one Reader in two goroutines: clumsy"},
		"exit":         {func(r *core.Reader) { r.Exit() }, "Exit without Enter: clumsy"},
		"exit twice":   {func(r *core.Reader) { r.Enter(); r.Exit(); r.Exit() }, "Exit without Enter: clumsy"},
		"after Close":  {func(r *core.Reader) { r.Close(); r.Enter() }, "Enter after Close"},
		"Close inside": {func(r *core.Reader) { r.Enter(); r.Close(); r.Exit() }, "Exit after Close"},
		"two goroutines": {func(r *core.Reader) {
			inside := make(chan struct{})
			go func() { r.Enter(); close(inside) }()
			<-inside
			r.Enter()
		}, "one Reader in two goroutines: clumsy"},
	} {
		t.Run(name, func(t *testing.T) {
			r := b.Reader("clumsy")
			defer r.Close()
			defer func() {
				if says, _ := recover().(string); !strings.Contains(says, x.says) {
					t.Errorf("panic %q, want one with %q", says, x.says)
				}
			}()
			x.do(r)
		})
	}
}
