//go:build linux && amd64 && !race && !purego && !invariants && !faults

package core_test

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestInlined fails when what is done for every packet costs its callers a call:
// entering, leaving, and the check where nothing is guarded.
func TestInlined(t *testing.T) {
	tool, err := exec.LookPath("go")
	if err != nil {
		t.Skip("the go command is not there to be asked: ", err)
	}
	probe := filepath.Join(t.TempDir(), "probe")
	out, err := exec.Command(tool, "build", "-gcflags=-m", "-o", probe, "./testdata/probe").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{
		"core.(*Reader).Enter", "core.(*Reader).Check", "core.(*Reader).Exit", "rcu.(*Reader).Enter", "rcu.(*Reader).Exit",
	} {
		if !strings.Contains(string(out), "inlining call to "+want+"\n") {
			t.Errorf("%s is not inlined into another package", want)
		}
	}
}

// TestNothingEscapes fails when something on a packet's way goes to the heap: in
// the files that have nothing else, and the functions that a burst is taken
// through.
func TestNothingEscapes(t *testing.T) {
	tool, err := exec.LookPath("go")
	if err != nil {
		t.Skip("the go command is not there to be asked: ", err)
	}
	out, err := exec.Command(tool, "build", "-gcflags=-m", ".").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if !strings.Contains(string(out), "./burst.go:") {
		t.Fatal("the compiler says nothing of the packet path")
	}
	escaping := regexp.MustCompile(`(?m)^\./((burst|packet|lookup|parse)\.go:.*|(flow|send)\.go:.*func literal) ?(escapes|moved) to heap.*$`)
	for _, line := range escaping.FindAll(out, -1) {
		t.Errorf("%s", line)
	}
}
