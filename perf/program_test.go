package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"runtime/pprof"
	"strconv"
	"strings"
	"testing"

	"github.com/flowlabel/flowlabel/core"
)

// outcome is what a run wrote, and its exit status.
type outcome struct {
	status         int
	stdout, stderr string
}

// small runs the program with fewer sockets than usual.
func small(ctx context.Context, tamper func(*burst), args ...string) outcome {
	var stdout, stderr bytes.Buffer
	p := program{stdout: &stdout, stderr: &stderr, sockets: 4096, tamper: tamper}
	status := p.run(ctx, args)
	return outcome{status, stdout.String(), stderr.String()}
}

// figure returns a row's figure.
func (o outcome) figure(t *testing.T, row string) float64 {
	t.Helper()
	m := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(row) + ` +([0-9,.]+)`).FindStringSubmatch(o.stdout)
	if m == nil {
		t.Fatalf("no row %q in\n%s", row, o.stdout)
	}
	x, err := strconv.ParseFloat(strings.ReplaceAll(m[1], ",", ""), 64)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func TestRun(t *testing.T) {
	o := small(t.Context(), nil, "-duration", "300ms")
	if o.status != exitDone || o.stderr != "" {
		t.Fatalf("status %d, stderr %q", o.status, o.stderr)
	}
	for _, row := range []string{
		"packets", "packets a second", "packets a second a core", "ns a packet",
		"allowed", "allowed with headers", "refused",
		"leases alive", "created", "joined", "renewed", "put", "bytes per lease", "verified",
		"error: no such lease", "error: label out of range",
	} {
		if o.figure(t, row) <= 0 {
			t.Errorf("%s: none", row)
		}
	}
	// How many there are of these is a matter of time.
	for _, row := range []string{"stale", "revived", "lingered out", "reclaimed", "reused", "labels taken again"} {
		o.figure(t, row)
	}
	if o.figure(t, "mismatches") != 0 {
		t.Error("mismatches")
	}
	if share := o.figure(t, "verified") / o.figure(t, "packets"); share < 0.01 {
		t.Errorf("%v of the packets verified", share)
	}
}

// The table says which functions took the time, if there is a profile.
func TestProfile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "cpu")
	o := small(t.Context(), nil, "-duration", "300ms", "-cpuprofile", file)
	if o.status != exitDone {
		t.Fatalf("status %d, stderr %q", o.status, o.stderr)
	}
	if !regexp.MustCompile(`(?m)^profile +[0-9.]+ %  \S+`).MatchString(o.stdout) {
		t.Errorf("no function named in\n%s", o.stdout)
	}
	if info, err := os.Stat(file); err != nil || info.Size() == 0 {
		t.Errorf("no profile: %v", err)
	}
	if err := pprof.StartCPUProfile(&bytes.Buffer{}); err != nil {
		t.Errorf("the profile goes on: %v", err)
	}
	pprof.StopCPUProfile()
}

func TestInterrupt(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	o := small(ctx, func(*burst) { cancel() }, "-duration", "1h")
	if o.status != exitDone || o.figure(t, "mismatches") != 0 {
		t.Errorf("status %d, stderr %q", o.status, o.stderr)
	}
}

func TestUsage(t *testing.T) {
	for _, args := range [][]string{
		{"-nonsense"}, {"file"}, {"-duration", "0s"}, {"-duration", "-1s"}, {"-duration", "soon"}, {"-pcap"},
	} {
		if o := small(t.Context(), nil, args...); o.status != exitUsage || o.stdout != "" ||
			!strings.Contains(o.stderr, "-duration") {
			t.Errorf("%q: status %d, stdout %q, stderr %q", args, o.status, o.stdout, o.stderr)
		}
	}
	if o := small(t.Context(), nil, "-h"); o.status != exitDone || !strings.Contains(o.stderr, "-cpuprofile FILE") {
		t.Errorf("-h: status %d, stderr %q", o.status, o.stderr)
	}
}

// What cannot be done is said in one line, and nothing else.
func TestFailure(t *testing.T) {
	dir := t.TempDir()
	file := func(name string, content []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, args := range [][]string{
		{"-pcap", filepath.Join(dir, "missing")},
		{"-pcap", dir},
		{"-pcap", file("empty", nil)},
		{"-pcap", file("foreign", []byte("to whom it may concern"))},
		{"-pcap", file("damaged", builtIn[:len(builtIn)/2+1])},
		{"-pcap", file("none", builtIn[:24])},
		{"-duration", "1ms", "-cpuprofile", filepath.Join(dir, "missing", "cpu")},
	} {
		o := small(t.Context(), nil, args...)
		if o.status != exitFailed || o.stdout != "" || !strings.HasPrefix(o.stderr, "perf: ") ||
			strings.Count(o.stderr, "\n") != 1 {
			t.Errorf("%q: status %d, stdout %q, stderr %q", args, o.status, o.stdout, o.stderr)
		}
	}
}

// A file says the same as the capture that is built in.
func TestFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "capture")
	if err := os.WriteFile(file, builtIn, 0o600); err != nil {
		t.Fatal(err)
	}
	o := small(t.Context(), nil, "-pcap", file, "-duration", "1ms")
	if o.status != exitDone || !strings.Contains(o.stdout, file) {
		t.Errorf("status %d, stdout %q, stderr %q", o.status, o.stdout, o.stderr)
	}
}

// Whatever is wrong with a packet, or with what the engine says, ends the run.
func TestMismatch(t *testing.T) {
	for name, c := range map[string]struct {
		tamper func(b *burst, i int)
		report string
	}{
		"a bit of the label":         {func(b *burst, i int) { b.flows[i].packet[2] ^= 1 }, "written"},
		"the label's first bit":      {func(b *burst, i int) { b.flows[i].packet[1] ^= 8 }, "written"},
		"a bit of the traffic class": {func(b *burst, i int) { b.flows[i].packet[1] ^= 0x10 }, "changed"},
		"the packet's last bit": {func(b *burst, i int) {
			p := b.flows[i].packet
			p[len(p)-1] ^= 1
		}, "changed"},
		"the verdict":    {func(b *burst, i int) { b.verdicts[i] = core.Refused }, "the engine says"},
		"a wild verdict": {func(b *burst, i int) { b.verdicts[i] = 77 }, "the engine says"},
	} {
		t.Run(name, func(t *testing.T) { testMismatch(t, c.tamper, c.report) })
	}
	t.Run("headers", func(t *testing.T) {
		tamper := func(b *burst, i int) { b.headers[i] = nil }
		testMismatchOf(t, core.AllowedWithHeaders, tamper, "bytes of headers")
	})
}

func testMismatch(t *testing.T, tamper func(b *burst, i int), report string) {
	testMismatchOf(t, core.Allowed, tamper, report)
}

// testMismatchOf tampers with every packet of a verdict, since one in motion is
// passed over.
func testMismatchOf(t *testing.T, v core.Verdict, tamper func(b *burst, i int), report string) {
	t.Helper()
	o := small(t.Context(), func(b *burst) {
		for i := range b.flows {
			if b.verdicts[i] == v {
				tamper(b, i)
			}
		}
	}, "-duration", "20s") // the end of a run that notices nothing
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
