package bench

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
)

// TestMain says on which machine benchmarks run, in the form of benchmark output,
// where testing says only the processor's name.
func TestMain(m *testing.M) {
	flag.Parse()
	if f := flag.Lookup("test.bench"); f != nil && f.Value.String() != "" {
		fmt.Printf("cores: %d\n", runtime.NumCPU())
		fmt.Printf("go: %s\n", runtime.Version())
		if release, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
			fmt.Printf("kernel: %s\n", strings.TrimSpace(string(release)))
		}
	}
	os.Exit(m.Run())
}
