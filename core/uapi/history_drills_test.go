package uapi_test

// A drill is a few steps that random ones seldom line up to. It begins in
// whatever state the history is in, so it too may go another way.
func (h *history) drill() []step {
	a, b := h.IntN(sockets), h.IntN(sockets)
	switch h.IntN(7) {
	case 0, 1:
		return h.reflectDrill(a)
	case 2:
		return h.fieldDrill(a)
	case 3:
		if h.calm {
			return h.anyLabelDrill(a)
		}
		return h.optionsDrill(a)
	}
	if h.calm {
		return h.anyLabelDrill(a)
	}
	return h.shareDrill(a, b)
}

// drilled makes requests of one socket, all alike but for what differs.
type drilled struct {
	sock int
	wire
	steps []step
}

func (d *drilled) do(by int, change func(*wire)) {
	r := d.wire
	change(&r)
	d.steps = append(d.steps, step{op: opSet, sock: d.sock, by: by, optval: r.encode()})
}

func same(*wire) {}

// shareDrill has one caller lease a label and several share it, on the socket
// itself and on another, and once more when it lingers.
func (h *history) shareDrill(a, b int) []step {
	share := pick[byte](h, shareExcl, shareProcess, shareUser)
	d := &drilled{sock: a, wire: wire{dst: goodDst, label: uint32(300 + h.IntN(12)), share: share, flags: 1}}
	owner, other := h.caller(), h.IntN(len(h.place.callers))
	limited := pick(h, 1, 2, 3, 4)
	put := func(r *wire) { r.action = 1 }
	d.do(owner, same)
	d.do(owner, same)
	d.do(other, same)
	d.do(owner, func(r *wire) { r.share = pick[byte](h, 1, 2, 3, 255) })
	d.do(owner, func(r *wire) { r.flags |= 2 })
	d.do(limited, func(r *wire) { r.action, r.linger = 2, pick[uint16](h, 150, 151) })
	d.do(limited, func(r *wire) { r.action, r.expires = 2, pick[uint16](h, 150, 151) })
	d.steps = append(d.steps,
		step{op: opConnect, sock: a, value: d.label, other: 1},
		step{op: opQuery, sock: a, optval: (&wire{}).encode()})
	d.sock = b
	d.do(pick(h, 1, 6), func(r *wire) { r.action, r.share, r.linger, r.expires = 2, shareNone, h.seconds(), h.seconds() })
	d.do(owner, same)
	d.do(0, put)
	d.sock = a
	d.do(0, put)
	d.do(0, put)
	d.do(other, same)
	d.do(owner, same)
	d.do(0, put)
	d.do(owner, same)
	return d.steps
}

func (h *history) reflectDrill(a int) []step {
	d := &drilled{sock: a, wire: wire{flags: 4}}
	if h.IntN(2) == 0 {
		d.steps = append(d.steps, step{op: opSettings, ns: h.namespace()})
	}
	d.do(h.caller(), same)
	d.steps = append(d.steps, step{op: opQuery, sock: a, optval: (&wire{}).encode()})
	d.do(0, func(r *wire) { r.action = 1 })
	d.do(0, func(r *wire) { r.action = 1 })
	return d.steps
}

// fieldDrill asks with one bad field each time, under a good label.
func (h *history) fieldDrill(a int) []step {
	d := &drilled{sock: a, wire: wire{dst: goodDst, label: h.label() & 0xFF, share: shareAny, flags: 1}}
	d.do(0, func(r *wire) { r.dst = [16]byte{} })
	d.do(0, func(r *wire) { r.share = pick[byte](h, 0, 4, 254) })
	d.do(h.caller(), func(r *wire) { r.label, r.flags = 0, pick[uint16](h, 0, 2) })
	d.do(0, func(r *wire) { r.dst = [16]byte{10: 255, 11: 255, 15: byte(h.IntN(2))} })
	d.sock = h.full
	d.do(pick(h, 1, 2, 3, 4), func(r *wire) { r.label = uint32(500 + h.IntN(4)) })
	return d.steps
}

// anyLabelDrill connects with a label that is nobody's, and leases it after.
func (h *history) anyLabelDrill(a int) []step {
	label := uint32(400 + h.IntN(4))
	d := &drilled{sock: a, wire: wire{dst: goodDst, label: label, share: shareAny, flags: 1}}
	query := step{op: opQuery, sock: a, optval: (&wire{}).encode()}
	d.steps = append(d.steps, step{op: opConnect, sock: a, value: label, other: 1}, query)
	d.do(h.caller(), same)
	d.steps = append(d.steps, query)
	d.do(0, func(r *wire) { r.action = 1 })
	return d.steps
}

// optionsDrill goes through what the options of a request can be refused for.
func (h *history) optionsDrill(a int) []step {
	d := &drilled{sock: a, wire: wire{dst: goodDst, label: 7, share: shareAny, flags: 1}}
	header := func() []byte { return h.header(8 * (1 + h.IntN(3))) }
	join := func(parts ...[]byte) (all []byte) {
		for _, p := range parts {
			all = append(all, p...)
		}
		return all
	}
	good := []byte{byte(h.IntN(2)), 0, 0, 0}
	bad := good[:h.IntN(4)]
	for range 12 {
		by := h.IntN(len(h.place.callers))
		if h.IntN(2) == 0 {
			by = pick(h, 0, 4)
		}
		options := pick(h,
			join(cmsg(41, 59, header()), cmsg(41, 4, header())),
			join(cmsg(41, 4, header()), cmsg(41, 4, header())),
			join(cmsg(41, 54, header()), cmsg(41, pick[uint32](h, 3, 54), header())),
			join(cmsg(41, 11, []byte{0, 0, 0, 1}), cmsg(41, 11, []byte{0x80, 0, 0, 0})),
			join(cmsg(41, 11, []byte{1, 0, 0, 1}), cmsg(41, 11, []byte{0x10, 0, 0, 1})),
			cmsg(41, 11, bad),
			cmsg(1, 36, bad), cmsg(1, 36, bad), cmsg(1, 12, bad), cmsg(1, 79, bad), cmsg(1, 37, bad),
			cmsg(1, 12, []byte{7, 0, 0, 0}), cmsg(1, 12, []byte{255, 255, 255, 255}), cmsg(1, 36, good),
			cmsg(41, 67, []byte{0, 1, 0, 0}), cmsg(41, 99, nil),
			cmsg(41, 50, []byte{0: 0x20, 19: 0}),
			h.large(), h.large())
		d.do(by, func(r *wire) { r.options = options })
	}
	if h.IntN(2) == 0 {
		d.do(pick(h, 0, 4), func(r *wire) {
			r.label, r.options = 0, join(cmsg(41, pick[uint32](h, 54, 3), header()), cmsg(41, 55, header()))
		})
	}
	return d.steps
}
