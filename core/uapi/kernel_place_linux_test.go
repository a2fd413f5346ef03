package uapi_test

import (
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// kernel is what histories on the live kernel have in common: the callers, the
// helper process, and what earlier namespaces may still hold of the table. All
// of its methods run on the thread of its first caller.
type kernel struct {
	home    int // the network namespace that the thread belongs to
	threads []*thread
	helper  *helper
	place   place
	dying   []dying
}

// dying are the leases of namespaces that have been closed; the kernel gives
// them back some time later.
type dying struct {
	leases int
	closed time.Time
}

// Namespaces give their leases back within this time, with much to spare.
const teardown = 600 * time.Millisecond

// onKernel runs f on a thread of its own, that of the first caller.
func onKernel(foreign []bool, f func(*kernel)) error {
	k := &kernel{place: place{foreign: foreign}}
	first, err := newThread(k.start)
	if err != nil {
		return err
	}
	first.do(func() {
		defer k.end()
		f(k)
	})
	first.end()
	return nil
}

// incarnation stands in the upper half of a task's identity: no two threads of
// a test have the same, even when they have the same number.
var incarnation uint64

func task(tid int) uint64 {
	incarnation++
	return incarnation<<32 | uint64(tid)
}

func (k *kernel) start() (err error) {
	if k.home, err = unix.Open("/proc/thread-self/ns/net", unix.O_RDONLY|unix.O_CLOEXEC, 0); err != nil {
		return err
	}
	k.place.callers = []caller{{task: task(unix.Gettid()), caps: allCaps}}
	k.threads = []*thread{nil}
	for _, c := range []caller{
		{user: 0},
		{user: 1000},
		{user: 1000},
		{user: 1001, caps: 1 << capNetRaw},
		{user: 1001, caps: 1 << capNetAdmin},
	} {
		th, err := newThread(func() error { return become(int(c.user), c.caps) })
		if err != nil {
			return err
		}
		c.task = task(th.tid)
		k.threads = append(k.threads, th)
		k.place.callers = append(k.place.callers, c)
	}
	if k.helper, err = startHelper(); err != nil {
		return fmt.Errorf("helper in another user namespace: %w", err)
	}
	for i, tid := range k.helper.tids {
		k.place.callers = append(k.place.callers, caller{task: task(tid), user: helperUser, foreign: true, all: i == 0})
	}
	return nil
}

func (k *kernel) end() {
	k.helper.end()
	for _, th := range k.threads[1:] {
		th.end()
	}
	unix.Close(k.home)
}

// settle waits until at most the given number of leases can be left over from
// namespaces that have been closed.
func (k *kernel) settle(most int) {
	for {
		left := 0
		for len(k.dying) > 0 && time.Since(k.dying[0].closed) > teardown {
			k.dying = k.dying[1:]
		}
		for _, d := range k.dying {
			left += d.leases
		}
		if left <= most {
			return
		}
		time.Sleep(time.Until(k.dying[0].closed.Add(teardown)) + time.Millisecond)
	}
}

// network makes a network namespace with a loopback interface that is up.
func (k *kernel) network(foreign bool) (fd int, err error) {
	if foreign {
		if fd, err = k.helper.network(); err == nil {
			err = unix.Setns(fd, unix.CLONE_NEWNET)
		}
	} else {
		fd, err = unshareNetwork()
	}
	if err != nil {
		return -1, err
	}
	if err := os.WriteFile("/proc/sys/net/ipv4/ping_group_range", []byte("0 2147483647"), 0); err != nil {
		return -1, err
	}
	s, err := unix.Socket(unix.AF_INET6, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	defer unix.Close(s)
	up := must(unix.NewIfreq("lo"))
	up.SetUint16(unix.IFF_UP)
	return fd, unix.IoctlIfreq(s, unix.SIOCSIFFLAGS, up)
}
