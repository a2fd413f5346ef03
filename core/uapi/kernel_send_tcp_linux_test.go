package uapi_test

import (
	"encoding/binary"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// link is a connection's end.
type link struct {
	local, remote uint16
	peer          int // the place of the other end
}

// resetOnClose spares the namespace sockets in TIME-WAIT.
func resetOnClose(fd int) {
	must(0, unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1}))
}

// receive waits for n bytes.
func (w *sendKernel) receive(fd, n int) {
	buf := make([]byte, 64)
	for {
		got, _, err := unix.Recvfrom(fd, buf[:max(n, 1)], 0)
		if err == unix.EINTR {
			continue
		}
		if err != nil || got != n {
			panic(fmt.Sprintf("%d bytes came, not %d: %v", got, n, err))
		}
		return
	}
}

// acknowledge makes a socket acknowledge at once what will come. A timer would do
// so in the middle of another act, or so late that packets are sent again before.
func acknowledge(fd int) {
	must(0, unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_QUICKACK, 1))
}

func (w *sendKernel) data(fd, peer int) {
	acknowledge(peer)
	if n := must(unix.Write(fd, []byte{1})); n != 1 {
		panic("nothing written")
	}
	w.receive(peer, 1)
}

// acknowledged returns what was sent until the peer of a socket has acknowledged.
func (w *sendKernel) acknowledged(a *act) (packets []packet) {
	ns := w.state[a.sock].ns
	for until := time.Now().Add(patience); time.Now().Before(until); w.taps[ns].wait() {
		packets = append(packets, w.captured(ns, a)...)
		for _, p := range packets {
			if p.kind == packetACK && p.to == a.sock {
				return packets
			}
		}
	}
	return packets
}

// dial connects a socket to one that comes about by that.
func (w *sendKernel) dial(fd int, a *act) int {
	ns := w.state[a.sock].ns
	w.enter(ns)
	listener := newSocket(protoTCP)
	defer unix.Close(listener)
	must(0, unix.SetsockoptInt(listener, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1))
	if a.value&listenReflects != 0 {
		_ = rawSet(listener, []byte((&wire{flags: 4}).encode())) // or it does not
	}
	setOption(listener, ipv6FlowInfo, int(a.value&listenNotes/listenNotes))
	if choice := int(a.value / listenChoice); choice != choiceNone {
		setOption(listener, ipv6AutoLabel, choice-choiceOff)
	}
	must(0, unix.Bind(listener, &unix.SockaddrInet6{Port: listenPort, Addr: [16]byte{15: 1}}))
	must(0, unix.Listen(listener, 1))
	setSend(fd, a.send)
	if e := connectTo(fd, address(listenPort, a.message.label)); e != ok {
		return e
	}
	accepted, _ := must2(unix.Accept4(listener, unix.SOCK_CLOEXEC))
	w.adopt(a.other, accepted, ns)
	client := uint16(must(unix.Getsockname(fd)).(*unix.SockaddrInet6).Port)
	w.links[a.sock] = link{client, listenPort, a.other}
	w.links[a.other] = link{listenPort, client, a.sock}
	return ok
}

// segment says what a segment is, and between whom.
func (w *sendKernel) segment(ns int, a *act, p *packet, tcp []byte) {
	src, dst := binary.BigEndian.Uint16(tcp), binary.BigEndian.Uint16(tcp[2:])
	flags := tcp[13]
	switch {
	case a != nil && dst == sinkPort:
		p.from, p.kind = a.sock, packetSYN
		return
	case a != nil && src == sinkPort:
		p.kind = packetReset
		return
	}
	p.from, p.to = w.end(ns, src, dst), w.end(ns, dst, src)
	switch {
	case flags&tcpRST != 0:
		p.kind, p.to = packetRST, none
	case flags&tcpSYN != 0 && flags&tcpACK != 0:
		p.kind = packetSYNACK
	case flags&tcpSYN != 0:
		p.kind = packetSYN
	case flags&tcpFIN != 0:
		p.kind = packetFIN
	case flags&tcpPSH != 0:
		p.kind = packetData
	default:
		p.kind = packetACK
	}
}

// end returns the place of the socket at one end of a connection.
func (w *sendKernel) end(ns int, here, there uint16) int {
	for at, l := range w.links {
		if l.local == here && l.remote == there && w.state[at].ns == ns {
			return at
		}
	}
	return none
}
