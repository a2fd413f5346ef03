package bench

import (
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The request to the kernel's flow label manager, struct in6_flowlabel_req.
const (
	ipv6FlowlabelMgr = 32
	requestLen       = 32
	actionGet        = 0
	actionPut        = 1
	shareAny         = 255
	flagCreate       = 1
	minLinger        = 6 // seconds, the kernel's
)

type kernelRequest [requestLen]byte

func request(action, flags int, label uint32) *kernelRequest {
	r := new(kernelRequest)
	a := dst.As16()
	copy(r[:], a[:])
	binary.BigEndian.PutUint32(r[16:], label)
	r[20], r[21] = byte(action), shareAny
	binary.NativeEndian.PutUint16(r[22:], uint16(flags))
	binary.NativeEndian.PutUint16(r[26:], minLinger)
	return r
}

// ask makes the system call, without the scheduler's part that Go's own would
// add: none of these waits.
func ask(fd int, r *kernelRequest, length uintptr) unix.Errno {
	_, _, e := unix.RawSyscall6(unix.SYS_SETSOCKOPT, uintptr(fd), unix.IPPROTO_IPV6, ipv6FlowlabelMgr,
		uintptr(unsafe.Pointer(r)), length, 0)
	return e
}

// onKernel runs f on a thread with a network namespace of its own, whose table is
// empty but for what others on the machine lease. Nobody else who takes the
// machine-wide lock does so meanwhile. The thread ends with f.
func onKernel(b *testing.B, f func() error) {
	lock, err := os.OpenFile(filepath.Join(os.TempDir(), "flowlabel-kernel.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	check(b, err)
	defer lock.Close()
	for err = unix.EINTR; errors.Is(err, unix.EINTR); {
		err = unix.Flock(int(lock.Fd()), unix.LOCK_EX)
	}
	check(b, err)
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread is not fit for others
		done <- func() error {
			if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
				return err
			}
			return f()
		}()
	}()
	check(b, <-done)
}

// kernelHere says whether the kernel's rows can be measured, and logs why not.
func kernelHere(b *testing.B) bool {
	if os.Getuid() != 0 {
		b.Log("rows of the live kernel are left out: they need root, for a network namespace of their own")
		return false
	}
	return true
}

func kernelGetPut(b *testing.B) {
	if !kernelHere(b) {
		return
	}
	b.Run("impl=kernel", func(b *testing.B) {
		b.StopTimer()
		onKernel(b, func() error {
			const label = 0x12345
			holder, joiner, err := twoSockets()
			if err != nil {
				return err
			}
			defer unix.Close(holder)
			defer unix.Close(joiner)
			if e := ask(holder, request(actionGet, flagCreate, label), requestLen); e != 0 {
				return e
			}
			in, out := request(actionGet, 0, label), request(actionPut, 0, label)
			b.StartTimer()
			defer b.StopTimer()
			for range b.N {
				if e := ask(joiner, in, requestLen); e != 0 {
					return e
				}
				if e := ask(joiner, out, requestLen); e != 0 {
					return e
				}
			}
			return nil
		})
	})
	b.Run("impl=syscalls", func(b *testing.B) {
		r := request(actionGet, 0, 1)
		for range 2 * b.N {
			if e := ask(-1, r, requestLen); e != unix.EBADF {
				b.Fatal("a request on no socket: ", e)
			}
		}
	})
}

func twoSockets() (a, b int, err error) {
	if a, err = unix.Socket(unix.AF_INET6, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0); err != nil {
		return 0, 0, err
	}
	b, err = unix.Socket(unix.AF_INET6, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	return a, b, err
}

// kernelCreate measures creations with a random label, whatever b.N is: the
// kernel's table holds 4096 leases, and a label lingers for six seconds. So it is
// two namespaces of 1024 leases, each ended before the next begins.
func kernelCreate(b *testing.B, name string) {
	if !kernelHere(b) {
		return
	}
	b.Run(name, func(b *testing.B) {
		const rounds, leases = 2, 1024
		var took time.Duration
		for range rounds {
			onKernel(b, func() error {
				fd, err := unix.Socket(unix.AF_INET6, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
				if err != nil {
					return err
				}
				defer unix.Close(fd)
				r := request(actionGet, flagCreate, 0)
				start := time.Now()
				for range leases {
					if e := ask(fd, r, requestLen); e != 0 {
						return e
					}
					binary.BigEndian.PutUint32(r[16:], 0) // the kernel has written the label there
				}
				took += time.Since(start)
				return nil
			})
			time.Sleep(teardown)
		}
		b.ReportMetric(float64(took)/(rounds*leases), "ns/op")
	})
}

// teardown is within what a namespace that has ended gives its leases back.
const teardown = 150 * time.Millisecond
