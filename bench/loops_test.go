//go:build linux && amd64 && !race

package bench

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
)

// TestLoopsInline fails when a loop calls what it would have inlined in a function
// of its own. The compiler inlines nothing into the copies of a closure that it
// makes when it inlines the function around it: so that function must not be.
func TestLoopsInline(t *testing.T) {
	tool, err := exec.LookPath("go")
	if err != nil {
		t.Skip("the go command is not there to be asked: ", err)
	}
	// The test's own binary has no symbols.
	compiled := filepath.Join(t.TempDir(), "bench.test")
	compile := exec.Command(tool, "test", "-c", "-o", compiled, ".")
	compile.Env = append(os.Environ(), "GOFLAGS=")
	if out, err := compile.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	out, err := exec.Command(tool, "tool", "objdump", "-s", `/bench\.`, compiled).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if !regexp.MustCompile(`TEXT .*/bench\.labelEngine\.`).Match(out) {
		t.Fatal("the disassembly has no loop of the engine")
	}
	calls := regexp.MustCompile(`(?m)^.*CALL (sync/atomic\.|sync\.\(\*RWMutex\)\.R|\S*\(\*Reader\)\.(Enter|Exit|Check|ShareOf)\().*$`)
	for _, line := range calls.FindAll(out, -1) {
		t.Errorf("%s", line)
	}
}
