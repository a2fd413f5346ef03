//go:build amd64 && (linux || darwin) && !purego && !race && !invariants

package core

import (
	"fmt"
	"net/netip"
	"testing"

	"github.com/flowlabel/flowlabel/shard"
)

// listed returns a socket that holds the labels from 1 on, in that order, and for
// whose namespace labels are checked. Those of which headers says so have some.
func listed(t *testing.T, e *Engine, protocol Protocol, held int, headers func(Label) bool) Socket {
	n, err := e.Namespace(fmt.Sprint(held), NamespaceOptions{})
	if err != nil {
		t.Fatal(err)
	}
	s := reborn(t, n, protocol)
	for label := Label(1); label <= Label(held); label++ {
		req := Request{Label: label, Dst: netip.MustParseAddr("2001:db8::1"), Share: Exclusive, Create: true}
		if headers(label) {
			req.Headers = &Headers{HopByHop: []byte{0, 0, 5, 2, 0, 0, 1, 0}}
		}
		if _, err := s.Get(req); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// reborn returns a socket in a slot that was another's before.
func reborn(t *testing.T, n *Namespace, protocol Protocol) Socket {
	for {
		s, err := n.Socket(SocketOptions{Protocol: protocol, Owner: Credentials{Privileges: NetRaw | Admin}})
		if err != nil {
			t.Fatal(err)
		}
		if s.generation != 0 {
			return s
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		n.eng.Advance(0)
	}
}

// listedEngine is an engine with room for long lists.
func listedEngine(t *testing.T) *Engine {
	e, err := New(Options{ManualAdvance: true, MaxSockets: 1 << 10, MaxSocketEntries: 200})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}

func never(Label) bool { return false }

// lengths of lists: in the socket, and in blocks of one line, two, four and more.
var lengths = []int{0, 1, 2, 5, 6, 8, 9, 16, 17, 32, 33, 64, 65, 128, 129, 200}

// processors calls f as this processor, and as those that can less.
func processors(t *testing.T, f func(t *testing.T)) {
	avx, avx512 := hasAVX, hasAVX512
	t.Cleanup(func() { hasAVX, hasAVX512 = avx, avx512 })
	t.Run("as it is", f)
	hasAVX512 = false
	t.Run("without AVX-512", f)
	hasAVX = false
	t.Run("without AVX", f)
}

// TestVerdictAtOnce fails when a label that is held, or is not, goes to the twin though
// the processor can tell, or the other way round: the namespace is one on which the twin
// panics.
func TestVerdictAtOnce(t *testing.T) {
	processors(t, func(t *testing.T) {
		e := listedEngine(t)
		for _, held := range lengths {
			s := listed(t, e, UDP, held, never)
			s.ns = &Namespace{sockets: e.sockets}
			s.ns.policy.Store(policyEnforced)
			for label := Label(1); label < 1<<11; label++ { // the slots of leases are among them
				want, atOnce := Refused, hasAVX
				if int(label) <= held {
					want, atOnce = Allowed, hasAVX || label == 1 && held <= shard.OwnEntries
				}
				if v, plain := verdictAtOnce(s, label); plain == atOnce || atOnce && v != want {
					t.Errorf("label %d, of %d that are held: %v, by the twin: %v", label, held, v, plain)
				}
			}
		}
	})
}

// verdictAtOnce returns verdict's answer, or whether the twin panicked.
func verdictAtOnce(s Socket, label Label) (v Verdict, plain bool) {
	defer func() { plain = recover() != nil }()
	return verdict(s, label), false
}

// TestVerdictTwins compares them for sockets of all kinds, open, closed and another's.
func TestVerdictTwins(t *testing.T) { processors(t, testVerdictTwins) }

func testVerdictTwins(t *testing.T) {
	e := listedEngine(t)
	r := e.Reader("twins")
	defer r.Close()
	compare := func(s Socket, what string) {
		r.Enter()
		defer r.Exit()
		for label := range Label(1 << 11) { // the slots of leases are among them
			for _, l := range []Label{label, label | 1<<19, label | 1<<20, label | 1<<21, label | 1<<31} {
				want := verdictPlain(s, l)
				if got := verdict(s, l); got != want {
					t.Errorf("%s, label %#x: %v, want %v", what, l, got, want)
				}
				if s.slot == nil || l > MaxLabel {
					continue
				}
				if got := verdictOrdered(s, l); got != want {
					t.Errorf("%s, label %#x, in order: %v, want %v", what, l, got, want)
				}
			}
		}
	}
	compare(Socket{}, "zero")
	for _, held := range lengths {
		for _, protocol := range []Protocol{UDP, Ping} {
			third := func(label Label) bool { return int(label+Label(protocol))%3 == held%3 }
			s := listed(t, e, protocol, held, third)
			compare(s, protocol.String())
			for _, policy := range []uint32{policyOpen, policyByEngine, policyClosed, policyEnforced} {
				s.ns.policy.Store(policy)
				compare(s, fmt.Sprint("policy ", policy))
			}
			for _, generation := range []uint32{s.generation + 1, s.generation ^ 1<<27, 1<<28 - 1} {
				other := s
				other.generation = generation
				compare(other, "of another generation")
			}
			for label := Label(1); label <= Label(held); label += 2 {
				if err := s.Put(label); err != nil {
					t.Fatal(err)
				}
			}
			compare(s, "with empty places")
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			compare(s, "closed")
			if err := s.ns.Close(); err != nil {
				t.Fatal(err)
			}
			compare(s, "of a closed namespace")
		}
	}
}

// TestOrderedWhileMoving is TestCheckWhileMoving for what no glance has seen.
func TestOrderedWhileMoving(t *testing.T) {
	testWhileMoving(t, verdictOrdered)
}
