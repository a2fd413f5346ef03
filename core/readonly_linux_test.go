//go:build !race && !purego

package core_test

import (
	"os"
	"reflect"
	"runtime/debug"
	"syscall"
	"testing"

	"github.com/flowlabel/flowlabel/core"
)

// whileReadOnly does something while the memory of a socket cannot be written
// to, and returns whether it tried. Slots stand in mappings of their own here, so
// that nothing else is on the socket's page but other sockets.
func whileReadOnly(t *testing.T, s core.Socket, do func()) (wrote bool) {
	t.Helper()
	size := uintptr(os.Getpagesize())
	page := reflect.ValueOf(s).FieldByName("slot").Pointer() &^ (size - 1)
	protect := func(how uintptr) {
		if _, _, errno := syscall.Syscall(syscall.SYS_MPROTECT, page, size, how); errno != 0 {
			t.Fatal(errno)
		}
	}
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	protect(syscall.PROT_READ)
	defer protect(syscall.PROT_READ | syscall.PROT_WRITE)
	defer func() { wrote = recover() != nil }()
	do()
	return false
}

// TestPacketsWriteNothing: no packet writes to its socket, but one that came in
// with a label that is not noted yet.
func TestPacketsWriteNothing(t *testing.T) {
	b := newRig(t, core.Options{})
	ns := b.space("a")
	must(t, ns.SetSettings(core.Settings{AutoLabels: 1}))
	s, tup := b.socket(ns, 1), tuple(t, 1000)
	b.lease(s, 5, core.Exclusive, 0)
	must(t, s.Bind(tup))
	r := b.Reader("test")
	defer r.Close()
	r.Enter()
	defer r.Exit()
	receive := func(label core.Label) func() {
		return func() { r.Receive(ns, packetOf(tup.Reversed(), label)) }
	}
	sends := func() {
		for label := range core.Label(7) {
			r.Label(ns, packetOf(tup, label))
			r.Check(s, label)
			r.Send(s, tup, core.Sending{Controlled: true, Control: label})
		}
		r.LabelBurst(ns, [][]byte{packetOf(tup, 0), packetOf(tup, 5)}, make([]core.Decision, 2))
	}
	for _, reflects := range []bool{false, true} {
		if reflects {
			must(t, s.Reflect())
			s.Received(1)
		}
		s.Received(2)
		for name, x := range map[string]struct {
			do   func()
			want bool
		}{
			"packets that are sent": {sends, false}, "the same label again": {receive(2), false},
			"Received": {func() { s.Received(2) }, false}, "another label": {receive(3), true},
		} {
			if wrote := whileReadOnly(t, s, x.do); wrote != x.want {
				t.Errorf("%s, reflecting %v: wrote %v", name, reflects, wrote)
			}
		}
	}
}
