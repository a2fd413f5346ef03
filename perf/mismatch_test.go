package main

import (
	"strings"
	"testing"

	"github.com/flowlabel/flowlabel/core"
)

// Whatever is wrong with a packet, or with what the engine says, ends the run.
func TestMismatch(t *testing.T) {
	last := func(p []byte) *byte { return &p[len(p)-1] }
	for name, c := range map[string]struct {
		verdict core.Verdict // of the packets that are damaged
		tamper  func(b *burst, i int)
		report  string
	}{
		"a bit of the label":         {core.Allowed, func(b *burst, i int) { b.packets[i][2] ^= 1 }, "wrong at byte 2"},
		"the label's first bit":      {core.Allowed, func(b *burst, i int) { b.packets[i][1] ^= 8 }, "wrong at byte 1"},
		"a bit of the traffic class": {core.Allowed, func(b *burst, i int) { b.packets[i][1] ^= 0x10 }, "wrong at byte 1"},
		"the packet's last bit":      {core.Allowed, func(b *burst, i int) { *last(b.packets[i]) ^= 1 }, "wrong at byte"},
		"a refused packet":           {core.Refused, func(b *burst, i int) { b.packets[i][2] ^= 1 }, "wrong at byte 2"},
		"a malformed packet":         {core.Malformed, func(b *burst, i int) { b.packets[i][3] ^= 1 }, "wrong at byte 3"},
		"a later fragment":           {core.NoPorts, func(b *burst, i int) { b.packets[i][3] ^= 1 }, "wrong at byte 3"},
		"the label decided on":       {core.Allowed, func(b *burst, i int) { b.decisions[i].Label ^= 1 << 20 }, "label 0x1"},
		"the verdict":                {core.Allowed, func(b *burst, i int) { b.decisions[i].Verdict = core.Refused }, "the engine says"},
		"a wild verdict":             {core.Allowed, func(b *burst, i int) { b.decisions[i].Verdict = 77 }, "the engine says"},
		"no flow found":              {core.Allowed, func(b *burst, i int) { b.found[i] = core.Socket{} }, "found another socket"},
		"another flow found":         {core.Allowed, func(b *burst, i int) { b.found[i] = other(b, i) }, "found another socket"},
		"no headers inserted": {core.AllowedWithHeaders, func(b *burst, i int) {
			b.packets[i], b.inserted[i].bytes = b.flows[i].packet, 0
		}, "0 bytes of headers inserted"},
	} {
		t.Run(name, func(t *testing.T) {
			testMismatch(t, c.report, func(b *burst) {
				for i := range b.flows {
					if b.decisions[i].Verdict == c.verdict {
						c.tamper(b, i)
					}
				}
			})
		})
	}
	t.Run("an inserted byte", func(t *testing.T) {
		testMismatch(t, "wrong at byte 41", func(b *burst) {
			for i := range b.flows {
				if b.inserted[i].bytes > 0 {
					b.packets[i][41] ^= 1
				}
			}
		})
	})
}

// other returns a socket that another flow of the burst has.
func other(b *burst, i int) core.Socket {
	for _, s := range b.found[:len(b.flows)] {
		if s != b.found[i] {
			return s
		}
	}
	return core.Socket{}
}

// The same of packets that come in.
func TestMismatchReceived(t *testing.T) {
	for name, c := range map[string]struct {
		tamper func(b *burst, i int)
		report string
	}{
		"the verdict":       {func(b *burst, i int) { b.received[i] = core.Unbound }, "the engine says unbound"},
		"the label noted":   {func(b *burst, i int) { b.remote[i] ^= 1 }, "noted"},
		"the current label": {func(b *burst, i int) { b.current[i] ^= 1 << 19 }, "current label"},
		"the packet":        {func(b *burst, i int) { b.answers[i].packet[3] ^= 1 }, "changed at byte 3"},
	} {
		t.Run(name, func(t *testing.T) {
			testMismatch(t, c.report, func(b *burst) {
				for i := range b.answers {
					if b.received[i] == core.Allowed {
						c.tamper(b, i)
					}
				}
			})
		})
	}
}

// testMismatch tampers with many packets, since one in motion is passed over.
func testMismatch(t *testing.T, report string, tamper func(*burst)) {
	t.Helper()
	o := small(t.Context(), tamper, "-duration", "20s") // the end of a run that notices nothing
	if o.status != exitMismatch {
		t.Fatalf("status %d, stderr %q", o.status, o.stderr)
	}
	if !strings.HasPrefix(o.stderr, "perf: mismatch: namespace ") || !strings.Contains(o.stderr, report) ||
		strings.Count(o.stderr, "\n") != 1 {
		t.Errorf("stderr %q", o.stderr)
	}
	if o.figure(t, "mismatches") == 0 {
		t.Error("no mismatch in the table")
	}
}
