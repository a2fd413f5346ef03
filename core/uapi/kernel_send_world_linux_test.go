package uapi_test

import (
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

// Ports of the sinks, which are the destinations 1 and 2 of messages; nobody
// listens for TCP on the first.
const sinkPort = port

// patience is how long a call may wait for a packet that cannot fail to come, and a
// closed socket may keep its leases.
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
