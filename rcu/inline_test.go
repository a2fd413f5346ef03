//go:build linux && amd64 && !race && !purego && !invariants

package rcu

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// goTool runs the go command and returns everything it wrote.
func goTool(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.Command("go", args...).CombinedOutput()
	if err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// TestInlined fails when Enter or Exit costs its callers a call.
func TestInlined(t *testing.T) {
	out := goTool(t, "build", "-gcflags=-m", "-o", filepath.Join(t.TempDir(), "probe"), "./testdata/probe")
	for _, want := range []string{"rcu.(*Reader).Enter", "rcu.(*Reader).Exit"} {
		if !strings.Contains(out, "inlining call to "+want) {
			t.Errorf("%s is not inlined into another package", want)
		}
	}
}

// TestCode reads the disassembly of a section in another package. It holds the
// compiler to what word relies on: with membarrier, entering is a MOV before the
// section's loads, and leaving is a MOV after them.
func TestCode(t *testing.T) {
	probe := filepath.Join(t.TempDir(), "probe")
	goTool(t, "build", "-o", probe, "./testdata/probe")
	listing := goTool(t, "tool", "objdump", "-s", `^main\.section$`, probe)

	var steps string // per instruction: E enters, x leaves, l an atomic load
	path := plainPath(t, listing)
	for _, in := range path {
		switch {
		case strings.HasPrefix(in.text, "LOCK") || strings.HasPrefix(in.text, "XCHG"):
			t.Errorf("a locked instruction on the plain path: %s", in.text)
		case in.file == "type.go" && regexp.MustCompile(`^MOVQ 0\(\w+\), \w+$`).MatchString(in.text):
			steps += "l"
		case regexp.MustCompile(`^MOVQ \w+, 0\(\w+\)$`).MatchString(in.text):
			steps += "E"
		case regexp.MustCompile(`^MOVQ \$0x0, 0\(\w+\)$`).MatchString(in.text):
			steps += "x"
		}
	}
	// The loads are: the epoch, the last line of Enter, and the section's own.
	if steps != "lEllx" {
		t.Errorf("the section runs as %q, want lEllx:\n%s", steps, listing)
	}
}

// instruction is one line of objdump.
type instruction struct{ file, address, text string }

// plainPath returns the instructions that a section runs through when the flag
// for plain stores is set: a jump if it is zero is not taken, its opposite is.
func plainPath(t *testing.T, listing string) (path []instruction) {
	t.Helper()
	var code []instruction
	at := make(map[string]int)
	line := regexp.MustCompile(`(?m)^\s+(\S+):\d+\s+(0x[0-9a-f]+)\s+[0-9a-f]+\s+(.*?)\s*$`)
	for _, m := range line.FindAllStringSubmatch(listing, -1) {
		at[m[2]] = len(code)
		code = append(code, instruction{m[1], m[2], m[3]})
	}
	for i := 0; i < len(code) && len(path) < 1000; i++ {
		path = append(path, code[i])
		op, target, _ := strings.Cut(code[i].text, " ")
		switch op {
		case "RET":
			return path
		case "JMP", "JNE":
			to, ok := at[target]
			if !ok {
				t.Fatalf("no instruction at %s:\n%s", target, listing)
			}
			i = to - 1
		}
	}
	t.Fatalf("the path does not end:\n%s", listing)
	return nil
}
