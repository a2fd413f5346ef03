package uapi_test

import (
	"errors"
	"testing"

	"github.com/flowlabel/flowlabel/core"
	"github.com/flowlabel/flowlabel/core/uapi"
)

// errnoRig is an engine with room for four leases, two of which are kept from
// those without privileges, and for two uses a socket. Label 1 is leased by the
// UDP socket and exclusive, label 2 lingers.
type errnoRig struct {
	ns       *core.Namespace
	tcp, udp core.Socket
	closed   core.Socket
}

var powerful = core.Credentials{Privileges: core.Admin | core.NetAdmin | core.NetRaw}

func newErrnoRig(t *testing.T) *errnoRig {
	rules := core.Linux618()
	rules.Quota = core.Quota{Total: 4, Reserve: 2}
	eng := must(core.New(core.Options{Rules: rules, ManualAdvance: true, MaxLeases: 4, MaxSocketEntries: 2}))
	t.Cleanup(func() { _ = eng.Close() })
	ns := must(eng.Namespace("", core.NamespaceOptions{}))
	open := func(p core.Protocol) core.Socket { return must(ns.Socket(core.SocketOptions{Protocol: p})) }
	r := &errnoRig{ns, open(core.TCP), open(core.UDP), open(core.UDP)}
	must(0, r.closed.Close())
	must(0, r.set(r.udp, powerful, wire{dst: goodDst, label: 2, share: shareAny, flags: 1}))
	must(0, r.set(r.udp, powerful, wire{label: 2, action: 1}))
	must(0, r.set(r.udp, powerful, wire{dst: goodDst, label: 1, share: shareExcl, flags: 1}))
	return r
}

func (r *errnoRig) set(s core.Socket, by core.Credentials, w wire) error {
	return uapi.SetSockOpt(s, by, []byte(w.encode()))
}

func (r *errnoRig) get(s core.Socket, w wire) error {
	_, err := uapi.GetSockOpt(s, powerful, []byte(w.encode()))
	return err
}

// TestErrnoOfCalls brings about each refusal that a request can meet.
func TestErrnoOfCalls(t *testing.T) {
	nobody := core.Credentials{User: 1000}
	r := newErrnoRig(t)
	for name, x := range map[string]struct {
		by       core.Credentials
		request  wire
		number   int
		sentinel error
	}{
		"action":            {nobody, wire{action: 3}, einval, nil},
		"label":             {nobody, wire{dst: goodDst, label: 1 << 20, share: shareAny}, einval, core.ErrLabel},
		"options":           {nobody, wire{dst: goodDst, label: 5, share: shareAny, options: make([]byte, 16)}, einval, nil},
		"interface":         {nobody, wire{label: 5, options: cmsg(41, 50, []byte{16: 9, 19: 9})}, enodev, nil},
		"header":            {nobody, wire{label: 5, options: cmsg(41, 54, make([]byte, 8))}, eperm, core.ErrHeadersDenied},
		"mark":              {nobody, wire{label: 5, options: cmsg(1, 36, make([]byte, 4))}, eperm, core.ErrHeadersDenied},
		"linger":            {nobody, wire{dst: goodDst, label: 5, share: shareAny, linger: 151}, eperm, core.ErrLinger},
		"expires":           {nobody, wire{dst: goodDst, label: 5, share: shareAny, expires: 151}, eperm, core.ErrExpires},
		"destination":       {nobody, wire{label: 5, share: shareAny}, einval, core.ErrDestination},
		"share":             {nobody, wire{dst: goodDst, label: 5, share: 4}, einval, core.ErrShare},
		"fresh":             {nobody, wire{dst: goodDst, label: 1, share: shareAny, flags: 3}, eexist, core.ErrExists},
		"fresh, lingering":  {powerful, wire{dst: goodDst, label: 2, share: shareAny, flags: 3}, eexist, core.ErrExists},
		"not shared":        {nobody, wire{dst: goodDst, label: 1, share: shareExcl, flags: 1}, eperm, core.ErrNotShared},
		"not found":         {nobody, wire{dst: goodDst, label: 5, share: shareAny}, enoent, core.ErrNotFound},
		"lingering":         {nobody, wire{dst: goodDst, label: 2, share: shareAny}, enoent, core.ErrNotFound},
		"put, not held":     {nobody, wire{label: 5000, action: 1}, esrch, core.ErrNotHeld},
		"put, label 0":      {nobody, wire{action: 1}, esrch, core.ErrNotHeld},
		"renew, not held":   {nobody, wire{label: 5000, action: 2}, esrch, core.ErrNotHeld},
		"renew, linger":     {nobody, wire{label: 1, action: 2, linger: 151}, eperm, core.ErrLinger},
		"reflect":           {powerful, wire{flags: 4}, eperm, core.ErrConsistency},
		"reflect, stopping": {powerful, wire{action: 1, flags: 4}, enoprotoopt, core.ErrProtocol},
	} {
		refused(t, name, r.set(r.udp, x.by, x.request), x.number, x.sentinel)
	}
	for n := range uapi.RequestLen {
		refused(t, "short", uapi.SetSockOpt(r.udp, powerful, make([]byte, n)), einval, nil)
		_, err := uapi.GetSockOpt(r.udp, powerful, make([]byte, n))
		refused(t, "getsockopt, short", err, einval, nil)
	}
	refused(t, "getsockopt, action", r.get(r.udp, wire{action: 1}), einval, nil)
	refused(t, "getsockopt, no label", r.get(r.udp, wire{}), enoent, core.ErrNotFound)
	refused(t, "stopping on TCP", r.set(r.tcp, powerful, wire{action: 1, flags: 4}), esrch, core.ErrNotHeld)
}

// TestErrnoOfSettings wants other settings than those of a fresh namespace.
func TestErrnoOfSettings(t *testing.T) {
	r := newErrnoRig(t)
	must(0, r.ns.SetSettings(core.Settings{StateRanges: true}))
	stateless := wire{dst: goodDst, label: statelessBit | 1, share: shareAny, flags: 1, options: make([]byte, 16)}
	refused(t, "stateless", r.set(r.udp, powerful, stateless), erange, core.ErrStateless)
	refused(t, "reflect on UDP", r.set(r.udp, powerful, wire{flags: 4}), enoprotoopt, core.ErrProtocol)
	if err := r.set(r.tcp, powerful, wire{flags: 4}); err != nil {
		t.Errorf("reflect: %v", err)
	}
}

// TestErrnoOfLimits fills first the unprivileged part of the table, then a
// socket, then the table.
func TestErrnoOfLimits(t *testing.T) {
	r := newErrnoRig(t)
	create := wire{dst: goodDst, share: shareAny, flags: 1}
	known := wire{dst: goodDst, label: 3, share: shareAny, flags: 1}
	must(0, r.set(r.tcp, powerful, known))
	refused(t, "reserve", r.set(r.udp, core.Credentials{}, create), enobufs, core.ErrQuota)
	must(0, r.set(r.tcp, powerful, known))
	refused(t, "socket", r.set(r.tcp, powerful, known), enobufs, core.ErrSocketFull)
	must(0, r.set(r.udp, powerful, create))
	refused(t, "total", r.set(r.udp, powerful, create), enobufs, core.ErrQuota)
	revive := wire{dst: goodDst, label: 2, share: shareAny, flags: 1}
	refused(t, "revival in a full table", r.set(r.udp, powerful, revive), enobufs, core.ErrQuota)
}

// TestErrnoOfClosed wants EBADF of every call, whatever else is wrong with it,
// as of a descriptor that was closed, but for what is wrong with the buffer.
func TestErrnoOfClosed(t *testing.T) {
	r := newErrnoRig(t)
	for name, s := range map[string]core.Socket{"closed": r.closed, "zero": {}} {
		sentinel := core.ErrClosed
		if name == "zero" {
			sentinel = core.ErrStale
		}
		for _, w := range []wire{
			{dst: goodDst, label: 5, share: shareAny, flags: 1},
			{label: 1 << 20}, {label: 5, options: make([]byte, 16)}, {flags: 4},
			{action: 1}, {action: 1, flags: 4}, {action: 2, label: 1},
		} {
			ebadf(t, name, r.set(s, powerful, w), sentinel)
		}
		for _, flags := range []uint16{0, 4, 8} {
			ebadf(t, name+", getsockopt", r.get(s, wire{flags: flags}), sentinel)
		}
	}
	_ = r.ns.Close()
	ebadf(t, "namespace closed", r.get(r.udp, wire{}), core.ErrClosed)
}

// ebadf checks an error of a closed socket, which may be ErrStale by chance.
func ebadf(t *testing.T, name string, err, sentinel error) {
	t.Helper()
	if sentinel == core.ErrClosed && uapi.Errno(err) == 9 && errors.Is(err, core.ErrStale) {
		sentinel = core.ErrStale
	}
	refused(t, name, err, 9, sentinel)
}
