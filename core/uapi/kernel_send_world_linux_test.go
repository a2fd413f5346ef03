package uapi_test

import (
	"encoding/binary"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// sendKernel is the live kernel as a world of senders.
type sendKernel struct {
	*kernelWorld
	taps   []*tap // of each namespace
	sinks  []int  // sockets that packets go to and nobody reads
	links  [sockets]link
	waited time.Duration
}

// link is a connection's end.
type link struct {
	local, remote uint16
	peer          int // the place of the other end
}

// Ports of the sinks, which are the destinations 1 and 2 of messages; nobody
// listens for TCP on the first.
const sinkPort = port

// patience is how long a call may wait for a packet that cannot fail to come.
const patience = 5 * time.Second

func (k *kernel) newSendWorld() *sendKernel {
	w := &sendKernel{kernelWorld: k.newWorld()}
	for ns := range k.place.foreign {
		w.enter(ns)
		w.taps = append(w.taps, newTap())
		for i := range 2 {
			fd := newSocket(protoUDP)
			must(0, unix.Bind(fd, &unix.SockaddrInet6{Port: sinkPort + i, Addr: [16]byte{15: 1}}))
			w.sinks = append(w.sinks, fd)
		}
	}
	return w
}

func (w *sendKernel) close() {
	for i, fd := range w.sockets {
		if fd != 0 && placeProtos[i] == protoTCP {
			resetOnClose(fd)
		}
	}
	for _, t := range w.taps {
		t.close()
	}
	for _, fd := range w.sinks {
		unix.Close(fd)
	}
	w.kernelWorld.close()
}

func (w *sendKernel) do(a *act) (o outcome, packets []packet) {
	fd := w.sockets[a.sock]
	switch a.kind {
	case actLease:
		o = w.lease(a, fd)
	case actMessage, actWhole:
		o.errno = w.sends(fd, a)
	case actConnect:
		setSend(fd, a.send)
		o.errno = connectTo(fd, address(destination(placeProtos[a.sock], a.to), a.message.label))
	case actDisconnect:
		o.errno = connectTo(fd, nil)
	case actChoose:
		setOption(fd, ipv6AutoLabel, int(a.value)-choiceOff)
	case actNote:
		setOption(fd, ipv6FlowInfo, int(a.value))
	case actOwn:
		setHeaders(fd, &a.message.own)
	case actDial:
		o.errno = w.dial(fd, a)
	case actRefused:
		setSend(fd, a.send)
		if o.errno = connectTo(fd, address(sinkPort, a.message.label)); o.errno == int(unix.ECONNREFUSED) {
			o.errno = ok
		}
	case actData:
		w.data(fd, w.sockets[w.links[a.sock].peer])
	case actCalm:
		o.bad = w.calm()
	case actFinish:
		peer := w.sockets[w.links[a.sock].peer]
		acknowledge(peer)
		must(0, unix.Shutdown(fd, unix.SHUT_WR))
		w.receive(peer, 0)
		return o, w.acknowledged(a)
	}
	packets = w.captured(w.state[a.sock].ns, a)
	if a.kind == actLease && a.op == opClose && w.links[a.sock] != (link{}) {
		w.links[w.links[a.sock].peer], w.links[a.sock] = link{}, link{}
	}
	return o, packets
}

// destination is the port of a message's destination.
func destination(proto, to int) uint16 {
	if proto == protoUDP {
		return sinkPort + uint16(to) - 1
	}
	return 0
}

func (w *sendKernel) lease(a *act, fd int) outcome {
	switch a.op {
	case opOpen:
		w.opens(a)
		return outcome{}
	case opClose:
		if placeProtos[a.sock] == protoTCP {
			resetOnClose(fd)
		}
		unix.Close(fd) // its leases may be released later: that makes no difference here
		w.sockets[a.sock] = 0
		return outcome{}
	}
	return w.kernelWorld.do(&a.step, new(uint32))
}

func (w *sendKernel) opens(a *act) {
	w.enter(a.ns)
	fd := 0
	if a.value == protoRaw {
		fd = must(unix.Socket(unix.AF_INET6, unix.SOCK_RAW|unix.SOCK_CLOEXEC, nextRaw))
	} else {
		fd = newSocket(int(a.value))
	}
	w.adopt(a.sock, fd, a.ns)
}

// adopt puts a socket into a place. It waits for packets, but not for ever.
func (w *sendKernel) adopt(at, fd, ns int) {
	timeout := unix.NsecToTimeval(int64(patience))
	must(0, unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &timeout))
	w.sockets[at], w.state[at] = fd, kernelSocket{ns: ns}
}

// resetOnClose spares the namespace sockets in TIME-WAIT.
func resetOnClose(fd int) {
	must(0, unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1}))
}

func (w *sendKernel) sends(fd int, a *act) int {
	proto := placeProtos[a.sock]
	setSend(fd, a.send)
	var to *unix.RawSockaddrInet6
	if a.to != 0 {
		to = address(destination(proto, a.to), a.message.label)
	}
	data := []byte{echoRequest, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5}
	if a.kind == actWhole {
		data = wholePacket(a.value)
		setOption(fd, ipv6HeaderInData, 1)
		defer setOption(fd, ipv6HeaderInData, 0)
	}
	e := sendMessage(fd, to, a.controlData(), data)
	if e == ok && proto == protoPing {
		w.receive(fd, len(data))
	}
	return e
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

// calm waits until labels of nobody may be sent in each namespace: no lease of the
// machine is exclusive then. Those of namespaces that have ended, and requests
// that were refused, are for about a second.
func (w *sendKernel) calm() string {
	start := time.Now()
	for ns := range w.taps {
		w.enter(ns)
		fd := newSocket(protoUDP)
		setSend(fd, true)
		for sendMessage(fd, address(sinkPort, labelNobodys), nil, []byte{0}) != ok {
			if w.waited = time.Since(start); w.waited > 3*patience {
				return "others on this machine have exclusive leases"
			}
			time.Sleep(time.Millisecond)
		}
		unix.Close(fd)
		for w.taps[ns].read() != nil {
		}
	}
	w.waited = time.Since(start)
	return ""
}

func (w *sendKernel) late() (packets []packet) {
	for ns := range w.taps {
		packets = append(packets, w.captured(ns, nil)...)
	}
	return packets
}

// captured returns what was sent in a namespace, in the act at hand.
func (w *sendKernel) captured(ns int, a *act) (packets []packet) {
	for b := w.taps[ns].read(); b != nil; b = w.taps[ns].read() {
		p := packet{from: none, to: none, bytes: b}
		protocol, at := upper(b)
		switch {
		case protocol == nextTCP:
			w.segment(ns, a, &p, b[at:])
		case protocol == nextICMPv6 && b[at] == echoReply:
			p.kind = packetEcho
		case protocol == nextICMPv6 && b[at] != echoRequest || a == nil:
			continue // an error, or about neighbours
		default:
			p.from = a.sock
		}
		packets = append(packets, p)
	}
	return packets
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
