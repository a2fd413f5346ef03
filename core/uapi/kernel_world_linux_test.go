package uapi_test

import (
	"encoding/binary"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// kernelWorld is the live kernel as a world.
type kernelWorld struct {
	*kernel
	ns      []int // descriptors; the last is that of the pins
	at      int   // the namespace that the thread is in
	sockets [sockets]int
	state   [sockets]kernelSocket
	pinned  int // the socket that holds the pins
	buf     []byte
}

// kernelSocket is what the world has to know about a socket.
type kernelSocket struct {
	ns, held int  // where it is, and how many entries it has
	send     bool // labels are sent
}

func (k *kernel) newWorld() *kernelWorld {
	w := &kernelWorld{kernel: k, at: -1}
	for _, foreign := range append(k.place.foreign, false) {
		w.ns = append(w.ns, must(k.network(foreign)))
	}
	w.pinned = must(unix.Socket(unix.AF_INET6, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0))
	for i := range k.place.pins {
		if e := rawSet(w.pinned, pin(i)); e != 0 {
			panic(unix.Errno(e))
		}
	}
	return w
}

// close ends the world; leases is how many it may have made.
func (w *kernelWorld) close() {
	leases := w.place.pins
	for i := range w.place.foreign {
		leases += len(w.do(&step{op: opListing, ns: i}, nil).rows)
	}
	for i, fd := range w.sockets {
		if fd != 0 {
			w.helper.forget(i)
			unix.Close(fd)
		}
	}
	unix.Close(w.pinned)
	w.enter(-1)
	for _, fd := range w.ns {
		unix.Close(fd)
	}
	w.dying = append(w.dying, dying{leases, time.Now()})
}

// enter moves the thread into a namespace, -1 for the one it belongs to.
func (w *kernelWorld) enter(ns int) {
	fd := w.home
	if ns >= 0 {
		if w.at == ns {
			return
		}
		fd = w.ns[ns]
	}
	w.at = ns
	if err := unix.Setns(fd, unix.CLONE_NEWNET); err != nil {
		panic(err)
	}
}

func (w *kernelWorld) do(s *step, chosen *uint32) (o outcome) {
	fd := &w.sockets[s.sock]
	if needsSocket(s.op) && *fd == 0 || makesSocket(s.op) && *fd != 0 {
		return outcome{}
	}
	switch s.op {
	case opSet:
		w.buf = append(w.buf[:0], s.optval...)
		_, o.errno = w.call(helperSet, s, *fd)
		o.optval = string(w.buf)
		if o.errno == ok && s.optval[20] == 0 && s.optval[16:20] == "\x00\x00\x00\x00" {
			*chosen = binary.BigEndian.Uint32(w.buf[16:])
		}
		w.count(s, o.errno)
	case opQuery:
		w.buf = append(w.buf[:0], s.optval...)
		var n int
		n, o.errno = w.call(helperGet, s, *fd)
		o.optval = string(w.buf)
		if o.errno == ok {
			if o = answer(w.buf); n != 32 {
				o.bad = fmt.Sprintf("answer of %d bytes", n)
			}
		}
	case opConnect:
		o.errno = w.connect(*fd, &w.state[s.sock], s.value, s.other != 0)
	case opOpen:
		w.enter(s.ns)
		*fd, w.state[s.sock] = newSocket(int(s.value)), kernelSocket{ns: s.ns}
	case opClose:
		w.shut(s.sock)
	case opSettings:
		w.enter(s.ns)
		set := settings(s.value)
		sysctl("flowlabel_consistency", int(s.value&1))
		sysctl("flowlabel_state_ranges", int(s.value>>1&1))
		sysctl("auto_flowlabels", int(set.AutoLabels))
		sysctl("flowlabel_reflect", int(set.Reflect))
	case opListing:
		o.rows, o.bad = w.listing(s.ns)
	case opAccept:
		w.enter(s.ns)
		*fd, o.errno = accepted(s.value)
		w.state[s.sock] = kernelSocket{ns: s.ns}
	}
	return o
}

// count keeps the number of a socket's entries.
func (w *kernelWorld) count(s *step, errno int) {
	if errno != ok {
		return
	}
	if r := parseRequest([]byte(s.optval)); r.flags&4 == 0 {
		w.state[s.sock].held += [...]int{1, -1, 0}[r.action]
	}
}

func (w *kernelWorld) listing(ns int) ([]row, string) {
	w.enter(ns)
	return readListing(string(must(os.ReadFile("/proc/thread-self/net/ip6_flowlabel"))))
}

func (w *kernelWorld) users(ns int) (users int) {
	rows, _ := w.listing(ns)
	for _, r := range rows {
		users += r.users
	}
	return users
}

// shut closes a socket. One that packets could find, since it was connected or
// is raw, gives its entries up only after a grace period of the kernel: wait.
func (w *kernelWorld) shut(sock int) {
	ns, left := w.state[sock].ns, 0
	late := w.state[sock].held > 0
	for i, st := range w.state {
		if i != sock && st.ns == ns && w.sockets[i] != 0 {
			left += st.held
		}
	}
	w.helper.forget(sock)
	unix.Close(w.sockets[sock])
	w.sockets[sock] = 0
	until := time.Now().Add(patience)
	for seen := 0; late && seen < 2; { // twice, since a listing may skip a row
		if w.users(ns) == left {
			seen++
			continue
		}
		if seen = 0; time.Now().After(until) {
			panic("a closed socket keeps its leases")
		}
		time.Sleep(100 * time.Microsecond)
	}
}

// call makes a system call by the step's caller on the world's buffer.
func (w *kernelWorld) call(what int, s *step, fd int) (n, errno int) {
	f := func() {
		if what == helperSet {
			errno = rawSet(fd, w.buf)
		} else {
			n, errno = rawGet(fd, w.buf)
		}
	}
	switch th := len(w.threads); {
	case s.by == 0:
		f()
	case s.by < th:
		w.threads[s.by].do(f)
	default:
		return w.helper.call(what, s.by-th, s.sock, fd, w.buf)
	}
	return n, errno
}
