package shard

import (
	"os"
	"os/exec"
	"regexp"
	"testing"
)

// TestInlined fails when something on a packet's way goes to the heap, or one of
// its small functions costs its caller a call, on the machines of 64 bits that packets are processed on (on
// 386 the atomic loads alone are too dear). Inlining is decided once for all
// callers, in other packages too, so that what the compiler says of this package
// is enough; and it can say so for another machine than the test's.
func TestInlined(t *testing.T) {
	tool, err := exec.LookPath("go")
	if err != nil {
		t.Skip("no go command to ask the compiler with: ", err)
	}
	for _, arch := range []string{"amd64", "arm64"} {
		build := exec.Command(tool, "build", "-gcflags=-m", ".")
		build.Env = append(os.Environ(), "GOOS=linux", "GOARCH="+arch, "CGO_ENABLED=0", "GOFLAGS=")
		out, err := build.CombinedOutput()
		if err != nil {
			t.Fatalf("go build: %v\n%s", err, out)
		}
		for _, want := range inlined {
			if !regexp.MustCompile(`(?m)` + want).Match(out) {
				t.Errorf("%s: the compiler does not say %s", arch, want)
			}
		}
		for _, line := range escaping.FindAll(out, -1) {
			t.Errorf("%s: on a packet's way %s", arch, line)
		}
	}
}

// escaping are lines that say of a file with nothing but a packet's way that
// something of it goes to the heap.
var escaping = regexp.MustCompile(`(?m)^\./(flows_find|flows_burst|label|entry|prefetch|step|socket)(_\w+)?\.go:.*(escapes|moved) to heap.*$`)

// inlined are lines of what the compiler has to say.
var inlined = []string{
	// Every instance of a generic method is named by its shape.
	`can inline \(\*Slab\[.*\.Lease\]\)\.At$`,
	`can inline \(\*Slab\[.*\.Socket\]\)\.At$`,
	`can inline \(\*Slab\[.*\.page\]\)\.At$`,
	`can inline \(\*Leases\)\.At$`,
	`can inline \(\*Sockets\)\.At$`,
	`can inline \(\*Index\)\.Lookup$`,
	`can inline \(\*Socket\)\.block$`,
	`can inline \(\*Socket\)\.Open$`,
	`can inline Entry\.Lease$`,
	`can inline Entry\.Label$`,
	`can inline Entry\.Headers$`,
	`can inline \(\*Socket\)\.First$`,
	`can inline hasLabel$`,
	`can inline \(\*Index\)\.Share$`,
	`can inline NewEntry$`,
	`/sockets\.go:\d+:\d+: inlining call to \(\*Socket\)\.block$`,
	`/sockets\.go:\d+:\d+: inlining call to Entry\.Label$`,
	`/sockets\.go:\d+:\d+: inlining call to \(\*Slab\[.*\]\)\.Run$`,
	`/index\.go:\d+:\d+: inlining call to \(\*array\[.*\]\)\.at$`,
	`can inline \(\*Key\)\.Place$`,
	`can inline \(\*Key\)\.in$`,
	`can inline Handle\.Slot$`,
	`can inline Handle\.Generation$`,
	`/flows_find\.go:\d+:\d+: inlining call to \(\*directory\)\.hash$`,
	`/flows_find\.go:\d+:\d+: inlining call to \(\*directory\)\.word$`,
	`/flows_find\.go:\d+:\d+: inlining call to \(\*Slab\[.*\]\)\.At$`,
}
