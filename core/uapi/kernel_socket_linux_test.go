package uapi_test

import (
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// port is where nobody listens, listenPort where somebody does for a moment.
const (
	port       = 9
	listenPort = 4660
)

func (w *kernelWorld) connect(fd int, st *kernelSocket, label uint32, send bool) int {
	if st.send != send {
		setSend(fd, send)
		st.send = send
	}
	e := rawConnect(fd, port, label)
	if e == int(unix.ECONNREFUSED) {
		return ok // TCP: the packet went out
	}
	return e
}

func setSend(fd int, on bool) {
	v := 0
	if on {
		v = 1
	}
	if err := unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, ipv6FlowInfoSend, v); err != nil {
		panic(err)
	}
}

func newSocket(proto int) int {
	kind, number := unix.SOCK_STREAM, 0
	switch proto {
	case protoUDP:
		kind = unix.SOCK_DGRAM
	case protoRaw:
		kind, number = unix.SOCK_RAW, unix.IPPROTO_ICMPV6
	case protoPing:
		kind, number = unix.SOCK_DGRAM, unix.IPPROTO_ICMPV6
	}
	return must(unix.Socket(unix.AF_INET6, kind|unix.SOCK_CLOEXEC, number))
}

// accepted returns a socket that came about by a connection with the label. It
// is disconnected, so that it can connect like others.
func accepted(label uint32) (fd, errno int) {
	listener, client := newSocket(protoTCP), newSocket(protoTCP)
	defer unix.Close(listener)
	defer unix.Close(client)
	must(0, unix.SetsockoptInt(listener, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1))
	must(0, unix.Bind(listener, &unix.SockaddrInet6{Port: listenPort, Addr: [16]byte{15: 1}}))
	must(0, unix.Listen(listener, 1))
	setSend(client, true)
	if e := rawConnect(client, listenPort, label); e != 0 {
		return 0, e
	}
	fd, _, err := unix.Accept4(listener, unix.SOCK_CLOEXEC)
	if err != nil {
		panic(err)
	}
	none := unix.RawSockaddr{Family: unix.AF_UNSPEC}
	return fd, rawDisconnect(fd, &none)
}

func sysctl(name string, v int) {
	if err := os.WriteFile("/proc/sys/net/ipv6/"+name, []byte(strconv.Itoa(v)), 0); err != nil {
		panic(err)
	}
}
