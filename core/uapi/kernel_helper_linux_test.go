package uapi_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// helper is a child process in a user namespace of its own, which no process
// with several threads can enter. It holds two callers, with all capabilities
// there and with none, and makes network namespaces that belong to it. It is
// this test's program again, told apart by its environment.
//
// Messages are one byte for what to do, one for the caller, one for the place of
// the socket, and the buffer of a call; answers are the errno and the buffer.
type helper struct {
	cmd  *exec.Cmd
	conn *net.UnixConn
	tids [2]int
	has  [sockets]bool
	buf  []byte
}

const (
	helperEnv     = "FLOWLABEL_TEST_HELPER"
	helperUser    = 2000 // who the helper's root is outside
	helperMessage = 128 << 10

	helperSet     = 's'
	helperGet     = 'g'
	helperSocket  = 'f' // comes with a descriptor
	helperClose   = 'c'
	helperNetwork = 'n' // answered with a descriptor
)

func init() {
	if os.Getenv(helperEnv) != "" {
		if err := help(); err != nil {
			fmt.Fprintln(os.Stderr, "helper:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
}

func startHelper() (*helper, error) {
	ends, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	theirs := os.NewFile(uintptr(ends[1]), "helper")
	defer theirs.Close()
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = []string{helperEnv + "=1"}
	cmd.ExtraFiles = []*os.File{theirs}
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: helperUser, Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: helperUser, Size: 1}},
		Credential:  &syscall.Credential{},
		Pdeathsig:   syscall.SIGKILL,
	}
	if err := cmd.Start(); err != nil {
		unix.Close(ends[0])
		return nil, err
	}
	h := &helper{cmd: cmd, conn: unixConn(ends[0]), buf: make([]byte, helperMessage)}
	if _, err := fmt.Sscan(string(h.receive()), &h.tids[0], &h.tids[1]); err != nil {
		return nil, fmt.Errorf("helper: %w", err)
	}
	return h, nil
}

func unixConn(fd int) *net.UnixConn {
	f := os.NewFile(uintptr(fd), "helper")
	defer f.Close()
	return must(net.FileConn(f)).(*net.UnixConn)
}

func (h *helper) end() {
	h.conn.Close()
	_ = h.cmd.Wait()
}

func (h *helper) send(what, by, place int, data, oob []byte) {
	must2(h.conn.WriteMsgUnix(append([]byte{byte(what), byte(by), byte(place)}, data...), oob, nil))
}

func (h *helper) receive() []byte {
	n, err := h.conn.Read(h.buf)
	if err != nil {
		panic(err)
	}
	return h.buf[:n]
}

// call makes a system call by one of the helper's callers, on a socket of ours.
func (h *helper) call(what, by, place, fd int, buf []byte) (n, errno int) {
	if !h.has[place] {
		h.has[place] = true
		h.send(helperSocket, 0, place, nil, unix.UnixRights(fd))
		h.receive()
	}
	h.send(what, by, place, buf, nil)
	answer := h.receive()
	return copy(buf, answer[2:]), int(answer[0]) | int(answer[1])<<8
}

// forget closes the helper's descriptor of a socket, which would keep it open.
func (h *helper) forget(place int) {
	if h.has[place] {
		h.has[place] = false
		h.send(helperClose, 0, place, nil, nil)
		h.receive()
	}
}

// network makes a network namespace and returns a descriptor of it.
func (h *helper) network() (int, error) {
	h.send(helperNetwork, 0, 0, nil, nil)
	oob := make([]byte, 64)
	_, n, _, _, err := h.conn.ReadMsgUnix(h.buf, oob)
	if err != nil {
		return -1, err
	}
	return descriptor(oob[:n])
}

func descriptor(oob []byte) (int, error) {
	messages, err := unix.ParseSocketControlMessage(oob)
	if err != nil || len(messages) != 1 {
		return -1, fmt.Errorf("no descriptor came: %v", err)
	}
	fds, err := unix.ParseUnixRights(&messages[0])
	if err != nil {
		return -1, err
	}
	return fds[0], nil
}

// help is the helper's side: it serves until the other end is closed.
func help() error {
	runtime.LockOSThread()
	full, err := newThread(func() error { return nil })
	if err != nil {
		return err
	}
	none, err := newThread(func() error { return capset(0) })
	if err != nil {
		return err
	}
	callers := []*thread{full, none}
	conn := unixConn(3)
	must2(conn.WriteMsgUnix(fmt.Append(nil, full.tid, " ", none.tid), nil, nil))
	var fds [sockets]int
	buf, oob := make([]byte, helperMessage), make([]byte, 64)
	for {
		n, nOOB, _, _, err := conn.ReadMsgUnix(buf, oob)
		if err != nil || n == 0 {
			return nil // the test has ended
		}
		place, data, errno, network := &fds[buf[2]], buf[3:n], 0, -1
		var rights []byte
		switch buf[0] {
		case helperSet:
			callers[buf[1]].do(func() { errno = rawSet(*place, data) })
		case helperGet:
			callers[buf[1]].do(func() { n, errno = rawGet(*place, data) })
			data = data[:min(len(data), n)]
		case helperSocket:
			*place, err = descriptor(oob[:nOOB])
		case helperClose:
			err = unix.Close(*place)
		case helperNetwork:
			network, err = newNetwork()
			rights = unix.UnixRights(network)
		}
		if err != nil {
			return err
		}
		must2(conn.WriteMsgUnix(append([]byte{byte(errno), byte(errno >> 8)}, data...), rights, nil))
		if network >= 0 {
			unix.Close(network) // so that it ends with the test's descriptor
		}
	}
}

// newNetwork makes a network namespace on a thread that ends, so that only the
// descriptor keeps it.
func newNetwork() (fd int, err error) {
	th, err := newThread(func() (err error) {
		fd, err = unshareNetwork()
		return err
	})
	if err == nil {
		th.end()
	}
	return fd, err
}

// unshareNetwork moves the thread into a new network namespace and returns a
// descriptor of it.
func unshareNetwork() (int, error) {
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		return -1, err
	}
	return unix.Open("/proc/thread-self/ns/net", unix.O_RDONLY|unix.O_CLOEXEC, 0)
}
