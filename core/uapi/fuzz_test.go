package uapi_test

import (
	"runtime"
	"testing"

	"github.com/flowlabel/flowlabel/core"
	"github.com/flowlabel/flowlabel/core/uapi"
)

// prelude are the steps before a fuzzed one: sockets of each kind in each
// namespace, and leases of each mode, held, lingering and with headers.
func prelude(settings uint32) (steps []step) {
	for i := range sockets {
		steps = append(steps, step{op: opOpen, sock: i, ns: i % 3, value: uint32(i / 3 % 4)})
	}
	lease := func(sock int, label uint32, share byte, options []byte) {
		r := wire{dst: goodDst, label: label, share: share, flags: 1, options: options}
		steps = append(steps, step{op: opSet, sock: sock, optval: r.encode()})
	}
	for i, share := range []byte{shareAny, shareExcl, shareProcess, shareUser} {
		lease(0, uint32(1+i), share, nil)
		lease(3, uint32(5+i), share, nil)
		r := wire{label: uint32(5 + i), action: 1}
		steps = append(steps, step{op: opSet, sock: 3, optval: r.encode()})
	}
	lease(0, 9, shareAny, cmsg(41, 54, make([]byte, 8)))
	return append(steps,
		step{op: opConnect, sock: 0, value: 1, other: 1},
		step{op: opAccept, sock: 6, value: 1},
		step{op: opSettings, value: settings})
}

// FuzzRequest has any bytes passed to setsockopt and getsockopt by any caller on
// any socket, twice, since the first may have changed something. The engine does
// what the model does.
func FuzzRequest(f *testing.F) {
	for seed := range uint64(200) {
		h := newHistory(seed, testPlace())
		f.Add([]byte(h.request()), []byte(h.query()), byte(h.IntN(sockets)), byte(h.caller()), byte(h.settings()))
	}
	callers := len(testPlace().callers)
	f.Fuzz(func(t *testing.T, set, query []byte, sock, by, settings byte) {
		steps := prelude(uint32(settings))
		for range 2 {
			at, who := int(sock)%sockets, int(by)%callers
			steps = append(steps,
				step{op: opSet, sock: at, by: who, optval: string(set)},
				step{op: opQuery, sock: at, by: who, optval: string(query)},
				step{op: opListing, ns: at % 3},
				step{op: opQuery, sock: at, by: who, optval: string(set)},
				step{op: opSet, sock: at, by: who, optval: string(query)},
				step{op: opListing, ns: at % 3})
			sock, by = sock+3, by+1
		}
		if d := againstEngine(steps, nil); d != nil {
			t.Error(d.text)
		}
	})
}

// FuzzOptions has any bytes read as the options of a request. What that
// allocates is bounded by the bytes there are, whatever lengths they claim: the
// headers are copied once, and an error may quote a message in hexadecimal.
func FuzzOptions(f *testing.F) {
	for seed := range uint64(200) {
		h := newHistory(seed, testPlace())
		f.Add(h.options())
	}
	f.Add(append(cmsg(41, 54, []byte{0, 255}), cmsg(41, 55, []byte{0, 255})...))
	f.Add(cmsg(1, 37, make([]byte, 60_000)))
	eng := must(core.New(core.Options{Rules: core.Linux618(), ManualAdvance: true, MaxLeases: 4096}))
	f.Cleanup(func() { _ = eng.Close() })
	ns := must(eng.Namespace("", core.NamespaceOptions{}))
	s := must(ns.Socket(core.SocketOptions{}))
	f.Fuzz(func(t *testing.T, options []byte) {
		get := wire{dst: goodDst, label: 1, share: shareAny, flags: 1, options: options}
		put := wire{label: 1, action: 1}
		optval, back := []byte(get.encode()), []byte(put.encode())
		call := func() {
			if uapi.SetSockOpt(s, powerful, optval) == nil {
				must(0, uapi.SetSockOpt(s, powerful, back))
			}
			ns.Purge() // the next one is a creation again
			eng.Advance(0)
		}
		if got, most := allocated(call), uint64(16*len(options)+4096); got > most {
			t.Errorf("%d bytes of options: %d bytes allocated, at most %d expected", len(options), got, most)
		}
	})
}

// allocated returns how many bytes f allocates: the least of some runs, since
// other goroutines allocate as well.
func allocated(f func()) uint64 {
	least := ^uint64(0)
	var before, after runtime.MemStats
	for range 3 {
		runtime.ReadMemStats(&before)
		f()
		runtime.ReadMemStats(&after)
		least = min(least, after.TotalAlloc-before.TotalAlloc)
	}
	return least
}
