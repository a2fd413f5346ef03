package uapi_test

// quotaEdges are the sizes of the table around which something changes.
var quotaEdges = []int{freeBelow - 2, freeBelow + 2, 60,
	tableSize - holderSpare - 2, tableSize - holderSpare + 3,
	tableSize - reserve - 2, tableSize - reserve + 3, tableSize - 4, tableSize - 1}

// quotaSteps fill the table and, around each edge, have all kinds of callers
// ask for leases on sockets with none, one and many.
func (h *history) quotaSteps() (steps []step) {
	m := newModelWorld(h.place, (&manual{}).read)
	add := func(s step) {
		chosen := h.Uint32() & maxLabel
		m.do(&s, &chosen)
		steps = append(steps, s)
	}
	const filler, many = sockets - 1, sockets - 2
	for i := range sockets {
		add(h.opening(i))
	}
	label := uint32(0)
	linger := func() { // a lease in the table, but on no socket's list
		label++
		add(quotaGet(filler, 0, label, 1))
		r := wire{label: label, action: 1}
		add(step{op: opSet, sock: filler, optval: r.encode()})
	}
	for range 8 {
		linger()
	}
	for _, edge := range quotaEdges {
		for len(m.leases) < edge {
			linger()
		}
		for range socketLimit + h.IntN(3) - 1 - len(m.sockets[many].entries) {
			add(quotaGet(many, 0, quotaShared, 1))
		}
		for range 60 {
			if h.IntN(6) == 0 { // a socket without entries
				empty := h.IntN(many)
				add(step{op: opClose, sock: empty})
				add(h.opening(empty))
			}
			add(h.quotaProbe(many))
		}
	}
	return append(steps, h.listings()...)
}

// quotaShared is a label that is leased, and not by the steps that fill.
const quotaShared = 9000

func quotaGet(sock, by int, label uint32, flags uint16) step {
	r := wire{dst: goodDst, label: label, share: shareAny, flags: flags}
	return step{op: opSet, sock: sock, by: by, optval: r.encode()}
}

// quotaProbe asks for a lease that may be new, or one that may linger.
func (h *history) quotaProbe(many int) step {
	sock := h.IntN(many + 1)
	if h.IntN(4) == 0 {
		sock = many
	}
	label := pick(h, 0, 0, uint32(1+h.IntN(8)), uint32(10_000+h.IntN(5000)), quotaShared)
	return quotaGet(sock, pick(h, 0, 1, 2, 3, 4, 5, 6, 7), label, pick[uint16](h, 1, 1, 1, 1, 0, 3))
}
