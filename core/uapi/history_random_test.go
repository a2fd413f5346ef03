package uapi_test

import (
	"encoding/binary"
	"math/rand/v2"
)

// history makes random steps. What is likely is chosen so that each branch of
// the model is taken often: few labels, each with a share mode that most ask
// for, requests that are right but for one thing.
type history struct {
	*rand.Rand
	place *place
	open  [sockets]bool      // as far as can be known without the model
	calm  bool               // nothing exclusive is asked for
	rich  bool               // most requests have options
	full  int                // a socket that was filled beyond the limit, or any
	asked [sockets][4]uint32 // labels that each socket asked for last
}

func newHistory(seed uint64, p *place) *history {
	h := &history{Rand: rand.New(rand.NewPCG(seed, 0)), place: p}
	h.calm = h.IntN(5) == 0
	h.rich = !h.calm && h.IntN(5) < 2
	return h
}

// steps returns n random steps and the few that they start from.
func (h *history) steps(n int) (steps []step) {
	for i := range sockets {
		steps = append(steps, h.opening(i))
	}
	if h.IntN(2) == 0 {
		h.full = h.IntN(sockets)
		steps = append(steps, h.hoard(h.full)...)
	}
	for len(steps) < n {
		if h.IntN(36) == 0 {
			steps = append(steps, h.drill()...)
		}
		steps = append(steps, h.step())
	}
	return append(steps, h.listings()...)
}

func (h *history) listings() (steps []step) {
	for i := range h.place.foreign {
		steps = append(steps, step{op: opListing, ns: i})
	}
	return steps
}

// hoard fills a socket beyond what the unprivileged may hold.
func (h *history) hoard(sock int) (steps []step) {
	r := wire{dst: goodDst, label: 7, share: shareAny, flags: 1}
	for range socketLimit + h.IntN(3) - 1 {
		steps = append(steps, step{op: opSet, sock: sock, optval: r.encode()})
	}
	return steps
}

func (h *history) step() step {
	sock := h.IntN(sockets)
	if !h.open[sock] {
		if h.IntN(2) == 0 {
			return step{op: opAccept, sock: sock, ns: h.namespace(), value: max(h.Uint32()&maxLabel, 1)}
		}
		return h.opening(sock)
	}
	switch p := h.IntN(1000); {
	case p < 5:
		h.open[sock] = false
		return step{op: opClose, sock: sock}
	case p < 30:
		return step{op: opSettings, ns: h.namespace(), value: uint32(h.settings())}
	case p < 55:
		return step{op: opListing, ns: h.namespace()}
	case p < 140:
		return step{op: opConnect, sock: sock, by: 0, value: h.connectLabel(sock), other: min(h.IntN(12), 1)}
	case p < 230:
		return step{op: opQuery, sock: sock, by: h.caller(), optval: h.query()}
	}
	return step{op: opSet, sock: sock, by: h.caller(), optval: h.requestOf(sock)}
}

func (h *history) namespace() int { return h.IntN(len(h.place.foreign)) }

func (h *history) opening(sock int) step {
	h.open[sock] = true
	return step{op: opOpen, ns: h.namespace(), sock: sock, value: uint32(pick(h, protoTCP, protoTCP, protoUDP, protoUDP, protoRaw, protoPing))}
}

// caller is the first one half of the time: the others cost a thread switch.
func (h *history) caller() int {
	if !h.rich && h.IntN(2) == 0 {
		return 0
	}
	return h.IntN(len(h.place.callers))
}

// settings has the label ranges apart now and then, and all else at random.
func (h *history) settings() int {
	return h.IntN(2) | pick(h, 0, 0, 2) | h.IntN(4)<<2 | h.IntN(8)<<4
}

func pick[T any](h *history, of ...T) T { return of[h.IntN(len(of))] }

// label is one of few, one of a few more, or one at an edge.
func (h *history) label() uint32 {
	switch p := h.IntN(100); {
	case p < 68:
		return uint32(1 + h.IntN(8))
	case p < 90:
		return uint32(100 + h.IntN(48))
	case p < 92:
		return 0
	case p < 96:
		return statelessBit | uint32(1+h.IntN(4))
	}
	return pick[uint32](h, maxLabel, maxLabel-1, statelessBit, statelessBit-1, maxLabel+1, maxLabel+2, 0x100007, 0xFFF00001, 0xFFFFFFFF)
}

// connectLabel is often one that the socket may hold.
func (h *history) connectLabel(sock int) uint32 {
	switch h.IntN(12) {
	case 0:
		return 0
	case 1, 2, 3, 4:
		return pick(h, h.asked[sock][:]...) & maxLabel
	}
	return h.label() & maxLabel
}

func (h *history) share(label uint32) byte {
	if h.calm {
		return shareAny
	}
	if h.IntN(3) > 0 {
		return pick[byte](h, shareAny, shareExcl, shareProcess, shareUser, shareProcess, shareUser, shareAny, shareAny)
	}
	return [...]byte{shareAny, shareProcess, shareUser}[label%3]
}

var goodDst = [16]byte{0x20, 0x01, 0x0d, 0xb8, 15: 1}

func (h *history) dst() [16]byte {
	return pick(h,
		goodDst,
		[16]byte{15: 1},                        // ::1
		[16]byte{0xff, 0x02, 15: 1},            // multicast
		[16]byte{12: 192, 13: 0, 14: 2, 15: 1}, // v4-compatible
		[16]byte{10: 255, 11: 255, 12: 192, 14: 2, 15: 1},    // v4-mapped
		[16]byte{10: 255, 11: 255},                           // v4-mapped, of 0.0.0.0
		[16]byte{},                                           // unspecified
		[16]byte{0xfe, 0x80, 15: 1},                          // link-local
		[16]byte{11: 255, 12: 255}, [16]byte{10: 255, 15: 1}, // almost mapped
		[16]byte{9: 1, 10: 255, 11: 255})
}

func (h *history) seconds() uint16 {
	return pick[uint16](h, 0, 0, 5, 6, 7, 149, 150, 151, 65535, 10)
}

// wire is a request before it is bytes.
type wire struct {
	dst             [16]byte
	label           uint32
	action, share   byte
	flags           uint16
	expires, linger uint16
	pad             uint32
	options         []byte
}

func (r *wire) encode() string {
	b := make([]byte, 32, 32+len(r.options))
	copy(b, r.dst[:])
	binary.BigEndian.PutUint32(b[16:], r.label)
	b[20], b[21] = r.action, r.share
	binary.NativeEndian.PutUint16(b[22:], r.flags)
	binary.NativeEndian.PutUint16(b[24:], r.expires)
	binary.NativeEndian.PutUint16(b[26:], r.linger)
	binary.NativeEndian.PutUint32(b[28:], r.pad)
	return string(append(b, r.options...))
}

// request is one of any socket.
func (h *history) request() string { return h.requestOf(h.IntN(sockets)) }

// requestOf is a good one with, often, one thing changed. The socket is likely
// to give up or renew what it asked for.
func (h *history) requestOf(sock int) string {
	r := wire{dst: goodDst, label: h.label(), flags: 1}
	r.action = pick[byte](h, 0, 0, 0, 0, 0, 0, 1, 1, 2)
	r.share = h.share(r.label)
	switch {
	case r.action == 0:
		r.flags = pick[uint16](h, 1, 1, 1, 0, 3)
		h.asked[sock][h.IntN(4)] = r.label
		h.withOptions(&r)
	case h.IntN(2) == 0:
		r.label = pick(h, h.asked[sock][:]...)
	}
	if r.action == 2 && h.IntN(3) > 0 {
		r.share = shareNone
	}
	if h.IntN(24) == 0 {
		r.flags |= 4
	}
	if h.IntN(3) == 0 || r.action == 2 && h.IntN(2) == 0 {
		r.expires, r.linger = h.seconds(), h.seconds()
	}
	for h.IntN(5) == 0 {
		h.change(&r)
	}
	b := r.encode()
	if h.IntN(150) == 0 {
		return b[:h.IntN(min(len(b), 40)+1)] // too short, most often
	}
	return b
}

// withOptions gives a request options, most often where that is the history's
// theme. Many go with labels that hardly anybody has asked for.
func (h *history) withOptions(r *wire) {
	if h.calm || h.IntN(10) > 0 && (!h.rich || h.IntN(10) == 0) {
		return
	}
	r.options = h.options()
	if h.IntN(3) == 0 {
		r.label = uint32(100 + h.IntN(48))
	}
}

func (h *history) change(r *wire) {
	switch h.IntN(9) {
	case 0, 8:
		r.dst = h.dst()
	case 1:
		r.label = h.label()
	case 2:
		if h.calm {
			break
		}
		r.share = pick[byte](h, 0, 1, 2, 3, 4, 254, 255)
	case 3:
		r.flags |= 4
	case 4:
		r.flags = uint16(h.Uint32()) &^ 4
	case 5:
		r.action = pick(h, 3, 255, byte(h.Uint32()))
	case 6:
		r.pad = h.Uint32()
	case 7:
		r.linger = h.seconds()
	}
}

func (h *history) query() string {
	r := wire{label: h.label(), share: byte(h.Uint32()), pad: h.Uint32(), options: make([]byte, h.IntN(3))}
	r.flags = pick[uint16](h, 0, 0, 0, 0, 1, 4, 8, 12, 0xfff7)
	r.action = pick[byte](h, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3)
	return r.encode()[:pick(h, 32, 32, 32, 32, 32, 32, 32, 32, 31, 16, 0)+len(r.options)]
}
