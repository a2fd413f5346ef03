//go:build linux && amd64 && !race && !purego && !invariants

package rcu

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
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
//
// Of a pinned section it holds the source to its order as well: the processor's
// record is written between procPin and procUnpin, while it belongs to nobody
// else. Out of that order two goroutines would write one record now and then,
// which is not to be brought about at will.
func TestCode(t *testing.T) {
	probe := filepath.Join(t.TempDir(), "probe")
	goTool(t, "build", "-o", probe, "./testdata/probe")
	for _, x := range []struct{ function, want string }{
		// The loads are: the epoch, the last line of Enter, and the section's own.
		{`main\.section`, "lEllx"},
		{`github.com/flowlabel/flowlabel/rcu\.\(\*Domain\)\.Pin`, "plEl"},
		{`main\.pinned`, "Plxu"},
		{`main\.publish`, "lElEl"},
	} {
		listing := goTool(t, "tool", "objdump", "-s", "^"+x.function+"$", probe)
		if steps := steps(path(t, listing, "JMP", "JNE")); steps != x.want {
			t.Errorf("%s runs as %q, want %s:\n%s", x.function, steps, x.want, listing)
		}
	}
	// A processor's own record for borrowers is looked at, too, while it is pinned. The
	// jumps not taken are those around the fence and to where the record is not free.
	const borrow = `^github.com/flowlabel/flowlabel/rcu\.\(\*Domain\)\.Borrow$`
	if listing := goTool(t, "tool", "objdump", "-s", borrow, probe); steps(path(t, listing, "JMP")) != "pslEFlu" {
		t.Errorf("Borrow runs as %q:\n%s", steps(path(t, listing, "JMP")), listing)
	}
	// Without membarrier, a locked instruction stands behind the store that enters.
	listing := goTool(t, "tool", "objdump", "-s", `^main\.section$`, probe)
	if steps := steps(path(t, listing, "JMP", "JE")); steps != "lEFllx" {
		t.Errorf("a section with a fence runs as %q:\n%s", steps, listing)
	}
}

// kinds are the instructions that matter, by letter.
var kinds = []struct {
	letter string
	file   string // where the source of the instruction stands, "" for anywhere
	text   *regexp.Regexp
}{
	{"p", "", regexp.MustCompile(`^CALL runtime\.procPin\(SB\)$`)},
	{"u", "", regexp.MustCompile(`^CALL runtime\.procUnpin\(SB\)$`)},
	{"P", "", regexp.MustCompile(`^CALL .*/rcu\.\(\*Domain\)\.Pin\(SB\)$`)},
	{"l", "type.go", regexp.MustCompile(`^MOV[LQ] (0x\w+|0)\((.X|.I|R\d+)\)(\(\w+\*1\))?, \w+$`)},  // an atomic load, not from the stack
	{"s", "fence_membarrier.go", regexp.MustCompile(`^MOVQ 0\((.X|.I|R\d+)\)(\(\w+\*1\))?, \w+$`)}, // the load of a record's state
	{"E", "fence_membarrier.go", regexp.MustCompile(`^MOVQ \w+, 0\(\w+\)(\(\w+\*1\))?$`)},          // the store that enters
	{"F", "", regexp.MustCompile(`^(LOCK|XCHG)`)},                                                  // a fence
	{"x", "fence_membarrier.go", regexp.MustCompile(`^MOVQ \$0x0, 0\(\w+\)(\(\w+\*1\))?$`)},        // the one that leaves
}

// steps returns the letters of what a path does.
func steps(path []instruction) (letters string) {
	for _, in := range path {
		for _, k := range kinds {
			if (k.file == "" || k.file == in.file) && k.text.MatchString(in.text) {
				letters += k.letter
			}
		}
	}
	return letters
}

// instruction is one line of objdump.
type instruction struct{ file, address, text string }

// path returns the instructions that a section runs through when those jumps are
// taken, and no others: JMP, and JNE if the flag for plain stores is set, JE if it is
// not.
func path(t *testing.T, listing string, taken ...string) (path []instruction) {
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
		if op == "RET" {
			return path
		}
		if slices.Contains(taken, op) {
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
