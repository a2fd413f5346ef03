package uapi

import (
	"encoding/binary"
	"net/netip"
	"time"

	"github.com/flowlabel/flowlabel/core"
)

// RequestLen is the length of a request without options.
const RequestLen = 32

// Offsets of the fields of a request.
const (
	offLabel   = 16
	offAction  = 20
	offShare   = 21
	offFlags   = 22
	offExpires = 24
	offLinger  = 26
	offPad     = 28
)

const (
	actionGet   = 0
	actionPut   = 1
	actionRenew = 2
)

const (
	flagCreate  = 1
	flagExcl    = 2
	flagReflect = 4
	flagRemote  = 8
)

// request gives names to the bytes of a request of at least RequestLen.
type request []byte

func (r request) dst() netip.Addr   { return netip.AddrFrom16([16]byte(r[:offLabel])) }
func (r request) label() core.Label { return core.Label(binary.BigEndian.Uint32(r[offLabel:])) }
func (r request) action() byte      { return r[offAction] }
func (r request) share() core.Share { return core.Share(r[offShare]) }
func (r request) flags() uint16     { return binary.NativeEndian.Uint16(r[offFlags:]) }
func (r request) options() []byte   { return r[RequestLen:] }

func (r request) expires() time.Duration { return r.seconds(offExpires) }
func (r request) linger() time.Duration  { return r.seconds(offLinger) }

func (r request) seconds(off int) time.Duration {
	return time.Duration(binary.NativeEndian.Uint16(r[off:])) * time.Second
}

func (r request) setLabel(l core.Label) {
	binary.BigEndian.PutUint32(r[offLabel:], uint32(l))
}

// setLease fills a request with what a lease is.
func (r request) setLease(l *core.Lease) {
	clear(r[:RequestLen])
	dst := l.Dst.As16()
	copy(r, dst[:])
	r.setLabel(l.Label)
	r[offShare] = byte(l.Share)
	binary.NativeEndian.PutUint16(r[offExpires:], uint16(seconds(l.Expires)))
	binary.NativeEndian.PutUint16(r[offLinger:], uint16(seconds(l.Linger)))
}

// seconds cuts off to whole seconds, towards zero, as the kernel does.
func seconds(d time.Duration) int64 { return int64(d / time.Second) }
