package uapi_test

import (
	"fmt"
	"time"

	"github.com/flowlabel/flowlabel/core"
	"github.com/flowlabel/flowlabel/core/uapi"
)

// engineWorld is the engine as a world.
type engineWorld struct {
	eng     *core.Engine
	place   *place
	ns      []*core.Namespace
	sockets [sockets]core.Socket
	in      [sockets]int
	chosen  uint32
	steps   int
	buf     []byte
}

func newEngineWorld(p *place, clock func() time.Duration) *engineWorld {
	w := &engineWorld{place: p}
	w.eng = must(core.New(core.Options{Rules: core.Linux618(), Clock: clock, ManualAdvance: true,
		Random: func() uint32 { return w.chosen }, MaxLeases: 8192, MaxSockets: 4096, Shards: 2}))
	for i := range p.foreign {
		w.ns = append(w.ns, must(w.eng.Namespace(fmt.Sprint(i), core.NamespaceOptions{})))
	}
	s := must(must(w.eng.Namespace("pin", core.NamespaceOptions{})).Socket(core.SocketOptions{Protocol: core.UDP}))
	for i := range p.pins + p.base {
		if err := uapi.SetSockOpt(s, core.Credentials{Privileges: core.Admin}, pin(i)); err != nil {
			panic(err)
		}
	}
	return w
}

func (w *engineWorld) close() { _ = w.eng.Close() }

func (c *mCaller) credentials() core.Credentials {
	cred := core.Credentials{Process: c.task, User: c.user}
	if c.admin {
		cred.Privileges |= core.Admin
	}
	if c.netAdmin {
		cred.Privileges |= core.NetAdmin
	}
	if c.netRaw {
		cred.Privileges |= core.NetRaw
	}
	return cred
}

var protocols = [...]core.Protocol{protoTCP: core.TCP, protoUDP: core.UDP, protoRaw: core.Raw, protoPing: core.Ping}

func (w *engineWorld) do(s *step, chosen *uint32) (o outcome) {
	if w.steps++; w.steps%64 == 0 {
		w.eng.Advance(0)
	}
	w.chosen = *chosen
	sock := w.sockets[s.sock]
	if needsSocket(s.op) && sock == (core.Socket{}) || makesSocket(s.op) && sock != (core.Socket{}) {
		return outcome{}
	}
	by := w.place.callers[s.by].over(w.place.foreign[w.in[s.sock]])
	var err error
	switch s.op {
	case opSet:
		w.buf = append(w.buf[:0], s.optval...)
		err = uapi.SetSockOpt(sock, by.credentials(), w.buf)
		o.optval = string(w.buf)
	case opQuery:
		w.buf = append(w.buf[:0], s.optval...)
		var n int
		n, err = uapi.GetSockOpt(sock, by.credentials(), w.buf)
		if o.optval = string(w.buf); err == nil {
			if o = answer(w.buf); n != 32 {
				o.bad = fmt.Sprintf("answer of %d bytes", n)
			}
		}
	case opConnect:
		label := core.Label(s.value)
		if s.other == 0 {
			label = 0
		}
		err = sock.Connect(label)
	case opOpen:
		w.sockets[s.sock], err = w.ns[s.ns].Socket(core.SocketOptions{Protocol: protocols[s.value]})
		w.in[s.sock] = s.ns
	case opClose:
		err = sock.Close()
		w.sockets[s.sock] = core.Socket{}
	case opSettings:
		err = w.ns[s.ns].SetSettings(settings(s.value))
	case opListing:
		w.buf = uapi.AppendListing(w.buf[:0], w.ns[s.ns])
		o.rows, o.bad = readListing(string(w.buf))
	case opAccept:
		w.sockets[s.sock], err = w.accept(w.ns[s.ns], core.Label(s.value))
		w.in[s.sock] = s.ns
	}
	o.errno = uapi.Errno(err)
	return o
}

func (w *engineWorld) accept(ns *core.Namespace, label core.Label) (core.Socket, error) {
	sock := must(ns.Socket(core.SocketOptions{Protocol: core.TCP}))
	if err := sock.Connect(label); err != nil { // as the peer's would be
		_ = sock.Close()
		return core.Socket{}, err
	}
	sock.Received(label)
	if _, reflects := must2(sock.Current()); !reflects {
		_ = sock.Connect(0)
	}
	return sock, nil
}

func settings(v uint32) core.Settings {
	consistency, ranges, auto, reflect := settingsBits(v)
	return core.Settings{Consistency: consistency, StateRanges: ranges, AutoLabels: uint8(auto), Reflect: uint8(reflect)}
}
