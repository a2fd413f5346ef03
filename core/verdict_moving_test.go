package core

import (
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
)

// TestCheckWhileMoving asks about a label that the socket holds all the while, but whose
// entry moves from place to place: it is taken once more, into the first empty place, and
// its first use is put. One with headers is asked for, too.
func TestCheckWhileMoving(t *testing.T) {
	testWhileMoving(t, (&Reader{}).Check)
}

func testWhileMoving(t *testing.T, check func(Socket, Label) Verdict) {
	looks, moves := 1_000_000, 10_000
	if testing.Short() {
		looks, moves = looks/10, moves/10
	}
	for _, others := range []Label{3, 6, 14, 30} {
		for _, headers := range []*Headers{nil, {HopByHop: []byte{0, 0, 5, 2, 0, 0, 1, 0}}} {
			refused := checkWhileMoving(t, others, headers, looks, moves, check)
			if refused != 0 {
				t.Errorf("%d others, headers %v: refused %d times", others, headers != nil, refused)
			}
		}
	}
}

// checkWhileMoving returns how often the label was refused, in so many looks and moves at
// least.
func checkWhileMoving(t *testing.T, others Label, headers *Headers, looks, moves int, check func(Socket, Label) Verdict) (refused int) {
	e, err := New(Options{ManualAdvance: true})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	n, err := e.Namespace("moving", NamespaceOptions{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := n.Socket(SocketOptions{Owner: Credentials{Privileges: NetRaw | Admin}})
	if err != nil {
		t.Fatal(err)
	}
	const label = 1000
	hold := func(label Label, headers *Headers) {
		req := Request{Label: label, Dst: netip.MustParseAddr("2001:db8::1"), Share: Process, Create: true, Headers: headers}
		if _, err := s.Get(req); err != nil {
			t.Error(err)
		}
	}
	put := func(label Label) {
		if err := s.Put(label); err != nil {
			t.Error(err)
		}
	}
	for filler := range others {
		hold(filler+1, nil)
	}
	hold(label, headers)
	var stop atomic.Bool
	var moved atomic.Int64
	var mover sync.WaitGroup
	mover.Go(func() {
		for filler := Label(0); !stop.Load(); filler = (filler + 1) % others {
			hold(label, headers) // in the last place, or where a filler has made room
			put(label)
			put(filler + 1) // makes room in front, and takes it again behind
			hold(label, headers)
			put(label)
			hold(filler+1, nil)
			moved.Add(1)
		}
	})
	r := e.Reader("moving")
	for i := 0; i < looks || moved.Load() < int64(moves); i++ {
		r.Enter()
		if v := check(s, label); v != Allowed && v != AllowedWithHeaders {
			refused++
		}
		r.Exit()
	}
	r.Close()
	stop.Store(true)
	mover.Wait()
	return refused
}
