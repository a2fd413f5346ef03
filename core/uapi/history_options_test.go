package uapi_test

import "encoding/binary"

// cmsg makes a control message, padded to where the next one may begin.
func cmsg(level, kind uint32, data []byte) []byte {
	b := binary.NativeEndian.AppendUint64(nil, uint64(16+len(data)))
	b = binary.NativeEndian.AppendUint32(b, level)
	b = binary.NativeEndian.AppendUint32(b, kind)
	b = append(b, data...)
	return append(b, make([]byte, -len(b)&7)...)
}

// header makes an extension header of n bytes filled with PadN or rubbish.
func (h *history) header(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(h.Uint32())
	}
	b[1] = byte(n/8 - 1)
	return b
}

// options makes ancillary data: some messages, and now and then an end that is
// cut, or too much, or rubbish.
func (h *history) options() (b []byte) {
	for range pick(h, 1, 1, 1, 1, 2, 2, 3) {
		m := h.message()
		b = append(b, m...)
		if h.IntN(6) == 0 {
			b = append(b, m...)
		}
	}
	switch h.IntN(14) {
	case 0:
		return b[:h.IntN(len(b)+1)]
	case 1:
		return append(b, h.rubbish(h.IntN(24))...)
	case 2:
		binary.NativeEndian.PutUint64(b, pick(h, 0, 1, 15, 16, 17, uint64(len(b)), uint64(len(b)+1), 1<<32|24, 1<<63|24))
	case 3:
		if h.IntN(3) == 0 {
			return h.large()
		}
	}
	return b
}

// large makes one message of about 64 KiB.
func (h *history) large() []byte {
	n := pick(h, 65528, 65535, 65536, 65537, 65544, 70000)
	b := cmsg(pick[uint32](h, 41, 41, 999), 55, h.header(2048))
	b = append(b, make([]byte, n-len(b))...)
	binary.NativeEndian.PutUint64(b, uint64(n))
	return b
}

func (h *history) rubbish(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(h.Uint32())
	}
	return b
}

func (h *history) message() []byte {
	switch h.IntN(12) {
	case 0, 1, 2, 3:
		return cmsg(41, pick[uint32](h, 54, 54, 55, 55, 3, 59, 4), h.headerData())
	case 4:
		return cmsg(41, pick[uint32](h, 57, 5), h.header(pick(h, 8, 24, 40)))
	case 5, 6:
		return cmsg(41, pick[uint32](h, 52, 8, 67, 62, 11, 11, 11), h.numberData())
	case 7, 8, 9:
		return cmsg(1, pick[uint32](h, 36, 36, 12, 12, 37, 65, 79, 1, 2, 99), h.numberData())
	case 10:
		return h.packetInfo()
	}
	return cmsg(pick[uint32](h, 1, 41, 41, 0, 6, 17, 255, 0xFFFFFFFF), uint32(h.IntN(70)), nil)
}

// headerData is a header, or one that is cut, or has more behind it.
func (h *history) headerData() []byte {
	b := h.header(8 * pick(h, 1, 1, 2, 3, 256))
	switch h.IntN(6) {
	case 0:
		return b[:h.IntN(len(b)+1)]
	case 1:
		return append(b, h.rubbish(h.IntN(20))...)
	case 2:
		b[1] = byte(h.IntN(4))
	}
	return b
}

func (h *history) numberData() []byte {
	v := pick[uint32](h, 0, 1, 2, 3, 6, 7, 255, 256, 0x10000, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFE, 0x300, 0x8000, 0xF0, h.Uint32())
	b := binary.NativeEndian.AppendUint32(nil, v)
	if h.IntN(3) == 0 {
		return append(b, 0, 0, 0, 0, 0)[:h.IntN(10)]
	}
	return b
}

// packetInfo never names the loopback interface or its address: kernels have
// those, the engine has not.
func (h *history) packetInfo() []byte {
	b := make([]byte, pick(h, 20, 20, 20, 19, 4, 0, 24))
	if len(b) >= 20 {
		copy(b, pick(h, "", "\x20\x01\x0d\xb8"))
		binary.NativeEndian.PutUint32(b[16:], pick[uint32](h, 0, 0, 999, 0xFFFFFFFF))
	}
	return cmsg(41, pick[uint32](h, 50, 2), b)
}
