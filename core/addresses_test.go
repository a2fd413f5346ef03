//go:build linux && (amd64 || arm64) && !race && !purego

package core_test

import (
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/flowlabel/flowlabel/core"
)

// limited says to this test that it runs in a process of its own.
const limited = "FLOWLABEL_TEST_ADDRESSES"

// TestAddressLimit runs engines in a process that may have 3 GiB of addresses
// only, as under ulimit -v. They have less room, and leave enough for the rest of
// the program; what an engine can have no more is refused.
func TestAddressLimit(t *testing.T) {
	if os.Getenv(limited) == "" {
		child := exec.Command(os.Args[0], "-test.run=^TestAddressLimit$", "-test.v")
		child.Env = append(os.Environ(), limited+"=1")
		out, err := child.CombinedOutput()
		if err != nil || !strings.Contains(string(out), "--- PASS") {
			t.Fatalf("%v\n%.4000s", err, out)
		}
		return
	}
	const limit = 3 << 30
	if err := unix.Setrlimit(unix.RLIMIT_AS, &unix.Rlimit{Cur: limit, Max: limit}); err != nil {
		t.Fatal(err)
	}
	for i := range 2 {
		eng, err := core.New(core.Options{ManualAdvance: true})
		if err != nil {
			t.Fatal(err)
		}
		defer eng.Close()
		ns, err := eng.Namespace("limited", core.NamespaceOptions{})
		if err != nil {
			t.Fatalf("engine %d: %v", i, err)
		}
		s, err := ns.Socket(core.SocketOptions{})
		if err != nil {
			t.Fatalf("engine %d: %v", i, err)
		}
		request := core.Request{Dst: netip.MustParseAddr("2001:db8::1"), Share: core.Any, Create: true}
		if _, err := s.Get(request); err != nil {
			t.Fatalf("engine %d: %v", i, err)
		}
	}
	rest := make([][]byte, 0, 20)
	for range cap(rest) {
		rest = append(rest, make([]byte, 16<<20))
	}
	t.Logf("%d MiB besides", len(rest)*16)
}
