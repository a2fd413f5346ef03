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
)

// outcome is what a run wrote, and its exit status.
type outcome struct {
	status         int
	stdout, stderr string
}

// small runs the program with fewer flows than usual.
func small(ctx context.Context, tamper func(*burst), args ...string) outcome {
	var stdout, stderr bytes.Buffer
	p := program{stdout: &stdout, stderr: &stderr, tamper: tamper}
	status := p.run(ctx, append([]string{"-flows", "8000"}, args...))
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
		"packets", "packets a second", "packets a second a worker", "ns a packet",
		"ns a packet: parse", "ns a packet: flow", "ns a packet: decision", "ns a packet: rewrite",
		"allowed", "allowed with headers", "refused", "malformed", "no ports",
		"headers inserted", "received", "ns a received packet", "automatic labels", "current labels",
		"flows", "bytes per flow", "flows bound", "flows unbound", "seed", "burst",
		"leases alive", "created", "joined", "renewed", "put", "bytes per lease", "verified",
		"error: no such lease", "error: label out of range",
	} {
		if o.figure(t, row) <= 0 {
			t.Errorf("%s: none", row)
		}
	}
	// How many there are of these is a matter of time.
	for _, row := range []string{"stale", "unbound", "reflected labels", "sockets opened", "revived", "lingered out", "reclaimed", "reused", "labels taken again"} {
		o.figure(t, row)
	}
	if o.figure(t, "mismatches") != 0 {
		t.Error("mismatches")
	}
	if share := o.figure(t, "verified") / (o.figure(t, "packets") + o.figure(t, "received")); share < 0.01 {
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
		{"-burst", "0"}, {"-burst", "257"}, {"-burst", "x"}, {"-flows", "0"}, {"-flows", "100000000"},
		{"-leases", "-1"}, {"-leases", "8001"}, {"-churn", "-1"}, {"-workers", "0"}, {"-seed", "-1"},
	} {
		if o := small(t.Context(), nil, args...); o.status != exitUsage || o.stdout != "" ||
			!strings.HasPrefix(o.stderr, "perf: ") || strings.Count(o.stderr, "\n") != 1 || !strings.Contains(o.stderr, args[0]) {
			t.Errorf("%q: status %d, stdout %q, stderr %q", args, o.status, o.stdout, o.stderr)
		}
	}
	if o := small(t.Context(), nil, "-h"); o.status != exitDone || !strings.Contains(o.stderr, "-cpuprofile FILE") {
		t.Errorf("-h: status %d, stderr %q", o.status, o.stderr)
	}
}

// Any size of bursts will do, any number of workers, and flows that are fewer
// than those of the capture.
func TestSizes(t *testing.T) {
	for _, args := range [][]string{
		{"-burst", "1"}, {"-burst", "256"}, {"-workers", "5"}, {"-flows", "1"}, {"-flows", "100", "-leases", "100"},
		{"-churn", "0"}, {"-churn", "10000000"}, {"-seed", "7"},
	} {
		o := small(t.Context(), nil, append(args, "-duration", "30ms")...)
		if o.status != exitDone || o.stderr != "" {
			t.Errorf("%q: status %d, stderr %q", args, o.status, o.stderr)
		}
		if name := args[0][1:]; name == "burst" || name == "seed" {
			if got := o.figure(t, name); strconv.Itoa(int(got)) != args[1] {
				t.Errorf("%q: %v in the table", args, got)
			}
		}
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
