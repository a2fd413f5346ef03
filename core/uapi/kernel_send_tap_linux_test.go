package uapi_test

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// tap is a packet socket that is shown what leaves by the loopback interface of
// a namespace.
type tap struct {
	fd  int
	buf []byte
}

const (
	etherHeader  = 14
	skfPktType   = 0xfffff000 + 4 // SKF_AD_OFF + SKF_AD_PKTTYPE
	typeOutgoing = 4              // PACKET_OUTGOING
)

// newTap makes one for the namespace of the thread. All sees both directions;
// the filter passes IPv6 that goes out, at the moment when it does.
func newTap() *tap {
	all := int(binary.NativeEndian.Uint16([]byte{0, unix.ETH_P_ALL}))
	fd := must(unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0))
	filter := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_B | unix.BPF_ABS, K: skfPktType},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: typeOutgoing, Jf: 3},
		{Code: unix.BPF_LD | unix.BPF_H | unix.BPF_ABS, K: 12},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: unix.ETH_P_IPV6, Jf: 1},
		{Code: unix.BPF_RET | unix.BPF_K, K: 0xffff},
		{Code: unix.BPF_RET | unix.BPF_K, K: 0},
	}
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	must(0, unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &program))
	must(0, unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: uint16(all), Ifindex: 1}))
	return &tap{fd, make([]byte, 1<<16)}
}

func (t *tap) close() { unix.Close(t.fd) }

// wait waits a little for a packet.
func (t *tap) wait() {
	_, _ = unix.Poll([]unix.PollFd{{Fd: int32(t.fd), Events: unix.POLLIN}}, 10)
}

// read returns the next packet, nil if there is none.
func (t *tap) read() []byte {
	for {
		n, _, err := unix.Recvfrom(t.fd, t.buf, 0)
		switch {
		case err == unix.EAGAIN:
			return nil
		case err == unix.EINTR:
		case err != nil:
			panic(err)
		default:
			return append([]byte(nil), t.buf[etherHeader:n]...)
		}
	}
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
