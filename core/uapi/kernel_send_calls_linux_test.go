package uapi_test

import (
	"encoding/binary"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The calls that senders make. The wrappers of x/sys leave out flow information,
// and some of the options.

const (
	ipv6FlowInfo     = 11
	ipv6HeaderInData = 36
	ipv6HopOpts      = 54
	ipv6FirstOpts    = 55
	ipv6DstOpts      = 59
	ipv6TrafficClass = 67
	ipv6AutoLabel    = 70
)

// address is one with flow information. Only udp and tcp have ports.
func address(port uint16, flowInfo uint32) *unix.RawSockaddrInet6 {
	sa := &unix.RawSockaddrInet6{Family: unix.AF_INET6, Addr: [16]byte{15: 1}}
	sa.Port = binary.NativeEndian.Uint16(binary.BigEndian.AppendUint16(nil, port))
	sa.Flowinfo = networkOrder(flowInfo)
	return sa
}

// networkOrder returns the number that is v in memory in network order.
func networkOrder(v uint32) uint32 {
	return binary.NativeEndian.Uint32(binary.BigEndian.AppendUint32(nil, v))
}

// sendMessage is sendmsg: with no address if that is nil, with no control
// messages if there are none.
func sendMessage(fd int, to *unix.RawSockaddrInet6, control, data []byte) int {
	iov := unix.Iovec{Base: &data[0]}
	iov.SetLen(len(data))
	msg := unix.Msghdr{Iov: &iov}
	msg.SetIovlen(1)
	if to != nil {
		msg.Name, msg.Namelen = (*byte)(unsafe.Pointer(to)), unix.SizeofSockaddrInet6
	}
	if len(control) > 0 {
		msg.Control = &control[0]
		msg.SetControllen(len(control))
	}
	// Nothing is copied by the kernel after the call, and msg keeps all that it
	// points to reachable until then.
	_, _, e := unix.Syscall(unix.SYS_SENDMSG, uintptr(fd), uintptr(unsafe.Pointer(&msg)), 0)
	return int(e)
}

// connectTo is connect, to nowhere if the address is nil.
func connectTo(fd int, to *unix.RawSockaddrInet6) int {
	if to == nil {
		return rawDisconnect(fd, &unix.RawSockaddr{Family: unix.AF_UNSPEC})
	}
	_, _, e := unix.Syscall(unix.SYS_CONNECT, uintptr(fd), uintptr(unsafe.Pointer(to)), unix.SizeofSockaddrInet6)
	return int(e)
}

// control appends a control message in the layout that this program's kernel
// calls have.
func control(b []byte, kind int32, data []byte) []byte {
	at := len(b)
	b = append(b, make([]byte, unix.CmsgSpace(len(data)))...)
	h := (*unix.Cmsghdr)(unsafe.Pointer(&b[at])) // in bounds: CmsgSpace has room for it; x86 and arm64 need no alignment
	h.Level, h.Type = unix.IPPROTO_IPV6, kind
	h.SetLen(unix.CmsgLen(len(data)))
	copy(b[at+unix.CmsgLen(0):], data)
	return b
}

// controls are the control messages of a message.
func (msg *message) controlData() (b []byte) {
	for _, v := range msg.flow {
		b = control(b, ipv6FlowInfo, binary.BigEndian.AppendUint32(nil, v))
	}
	if msg.class {
		b = control(b, ipv6TrafficClass, binary.NativeEndian.AppendUint32(nil, 0))
	}
	for _, h := range msg.own.each() {
		if h.bytes != "" {
			b = control(b, int32(h.option), []byte(h.bytes))
		}
	}
	return b
}

// each returns the headers with the options that they are set by.
func (o *own) each() [3]struct {
	option int
	bytes  string
} {
	return [3]struct {
		option int
		bytes  string
	}{{ipv6HopOpts, o.hop}, {ipv6DstOpts, o.last}, {ipv6FirstOpts, o.first}}
}

// setOption panics when an option cannot be set.
func setOption(fd, option, value int) {
	if err := unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, option, value); err != nil {
		panic(err)
	}
}

func setHeaders(fd int, o *own) {
	for _, h := range o.each() {
		if err := unix.SetsockoptString(fd, unix.IPPROTO_IPV6, h.option, h.bytes); err != nil {
			panic(err)
		}
	}
}
