package uapi_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A caller of the kernel is a thread with credentials of its own. It belongs to
// one goroutine, which never gives it back: the thread ends with the goroutine.
type thread struct {
	tid   int
	calls chan func()
	done  chan struct{}
}

// newThread starts a thread whose first act is setup.
func newThread(setup func() error) (*thread, error) {
	th := &thread{calls: make(chan func()), done: make(chan struct{})}
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		if th.tid = unix.Gettid(); th.tid == os.Getpid() {
			// The main thread cannot end. Hold it while another takes over.
			other, err := newThread(setup)
			if err == nil {
				*th = thread{other.tid, other.calls, other.done}
			}
			started <- err
			runtime.UnlockOSThread()
			return
		}
		err := setup()
		started <- err
		for err == nil {
			call, more := <-th.calls
			if !more {
				return
			}
			call()
			th.done <- struct{}{}
		}
	}()
	err := <-started
	return th, err
}

// do runs f on the thread and waits for it.
func (th *thread) do(f func()) {
	th.calls <- f
	<-th.done
}

func (th *thread) end() { close(th.calls) }

// become gives the thread an effective user and exactly the given
// capabilities. The wrappers of package syscall would change every thread.
func become(uid int, caps uint64) error {
	if _, _, e := unix.RawSyscall6(unix.SYS_PRCTL, unix.PR_SET_KEEPCAPS, 1, 0, 0, 0, 0); e != 0 {
		return fmt.Errorf("keepcaps: %w", e)
	}
	if _, _, e := unix.RawSyscall(unix.SYS_SETRESUID, uintptr(uid), uintptr(uid), uintptr(uid)); e != 0 {
		return fmt.Errorf("setresuid: %w", e)
	}
	return capset(caps)
}

func capset(caps uint64) error {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	data := [2]unix.CapUserData{
		{Effective: uint32(caps), Permitted: uint32(caps)},
		{Effective: uint32(caps >> 32), Permitted: uint32(caps >> 32)},
	}
	if err := unix.Capset(&header, &data[0]); err != nil {
		return fmt.Errorf("capset: %w", err)
	}
	return nil
}

// rawSet and rawGet are setsockopt and getsockopt of IPV6_FLOWLABEL_MGR.
func rawSet(fd int, buf []byte) int {
	_, _, e := unix.RawSyscall6(unix.SYS_SETSOCKOPT, uintptr(fd), unix.IPPROTO_IPV6, ipv6FlowLabelMgr,
		uintptr(unsafe.Pointer(unsafe.SliceData(buf))), uintptr(len(buf)), 0)
	return int(e)
}

func rawGet(fd int, buf []byte) (n, errno int) {
	size := uint32(len(buf))
	_, _, e := unix.RawSyscall6(unix.SYS_GETSOCKOPT, uintptr(fd), unix.IPPROTO_IPV6, ipv6FlowLabelMgr,
		uintptr(unsafe.Pointer(unsafe.SliceData(buf))), uintptr(unsafe.Pointer(&size)), 0)
	return int(size), int(e)
}

const (
	ipv6FlowLabelMgr = 32
	ipv6FlowInfoSend = 33
)

// rawConnect connects to port of the loopback address, with flow information.
func rawConnect(fd int, port uint16, label uint32) int {
	sa := unix.RawSockaddrInet6{Family: unix.AF_INET6, Port: port<<8 | port>>8, Addr: [16]byte{15: 1}}
	sa.Flowinfo = label<<24 | label<<8&0xFF0000 | label>>8&0xFF00 | label>>24
	_, _, e := unix.Syscall(unix.SYS_CONNECT, uintptr(fd), uintptr(unsafe.Pointer(&sa)), unix.SizeofSockaddrInet6)
	return int(e)
}

// rawDisconnect is connect with no address.
func rawDisconnect(fd int, none *unix.RawSockaddr) int {
	_, _, e := unix.Syscall(unix.SYS_CONNECT, uintptr(fd), uintptr(unsafe.Pointer(none)), unsafe.Sizeof(*none))
	return int(e)
}

// machineLock keeps other tests of this machine away from the kernel's table,
// which there is one of.
func machineLock(t *testing.T) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("needs root: network namespaces of its own, and callers of several users")
	}
	f, err := os.OpenFile(filepath.Join(os.TempDir(), "flowlabel-kernel.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	for err = syscall.EINTR; err == syscall.EINTR; {
		err = unix.Flock(int(f.Fd()), unix.LOCK_EX)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
}
