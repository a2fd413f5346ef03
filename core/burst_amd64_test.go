//go:build amd64 && (linux || darwin) && !purego && !race && !invariants

package core

import (
	"encoding/binary"
	"math/bits"
	"math/rand/v2"
	"net/netip"
	"testing"

	"github.com/flowlabel/flowlabel/shard"
)

// plainPacket is an IPv6 packet of so many bytes with ports.
func plainPacket(rng *rand.Rand, length int, next uint8, label Label) []byte {
	p := make([]byte, length)
	for i := range p {
		p[i] = byte(rng.Uint32())
	}
	binary.BigEndian.PutUint32(p, 6<<28|rng.Uint32()&0xff<<20|uint32(label))
	binary.BigEndian.PutUint16(p[ipv6Payload:], uint16(length-ipv6Header))
	p[ipv6Next] = next
	return p
}

// TestParsePackets compares parsePackets with parse, for packets as most are, and for
// those in which a bit or the length is another.
func TestParsePackets(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var left [2]int // of packets as most are, and of the others
	for range 20_000 {
		n, odd := 1+rng.IntN(16), rng.IntN(2)
		packets, verdicts, keys, asked := make([][]byte, n), make([]Verdict, n), make([]shard.Key, n), make([]uint32, n)
		for i := range packets {
			p := plainPacket(rng, ipv6Header+4+rng.IntN(100), []uint8{nextTCP, nextUDP}[rng.IntN(2)], Label(rng.Uint32())&MaxLabel)
			if odd == 1 {
				p = oddPacket(rng, p)
			}
			packets[i], verdicts[i] = p, 99
		}
		others := parsePackets(&packets[0], n, &keys[0], &asked[0], &verdicts[0])
		if others>>n != 0 {
			t.Fatalf("others %b of %d", others, n)
		}
		left[odd] += bits.OnesCount64(others)
		for i, p := range packets {
			var key shard.Key
			want := parse(p, &key)
			switch {
			case others>>i&1 != 0:
				if verdicts[i] != 99 || keys[i] != (shard.Key{}) || asked[i] != 0 {
					t.Fatalf("%x: written to, and left", p)
				}
			case verdicts[i] != want || keys[i] != key:
				t.Fatalf("%x: %v %x, want %v %x", p, verdicts[i], keys[i], want, key)
			case asked[i] != shard.ShownMark|uint32(labelOf(p)):
				t.Fatalf("%x: asks for %x", p, asked[i])
			}
		}
	}
	if left[0] != 0 || left[1] < 20_000 {
		t.Errorf("%d packets as most are and %d others were left to parse", left[0], left[1])
	}
}

// oddPacket returns a packet that differs from p at random.
func oddPacket(rng *rand.Rand, p []byte) []byte {
	switch rng.IntN(4) {
	case 0:
		p[rng.IntN(8)] ^= 1 << rng.IntN(8)
	case 1:
		p[ipv6Next] = byte(rng.Uint32())
	case 2:
		binary.BigEndian.PutUint16(p[ipv6Payload:], uint16(rng.IntN(len(p)-ipv6Header+8)))
	case 3:
		p = p[: rng.IntN(len(p)) : len(p)-1]
	}
	return p
}

// TestLabelPacketsUnbound: where there are no sockets yet, there is not even the memory
// for them.
func TestLabelPacketsUnbound(t *testing.T) {
	asked, verdict := uint32(shard.ShownMark), Allowed
	if others := labelPackets(listedEngine(t).sockets, &asked, 1, &verdict, new(shard.Handle), 0, new(Decision)); others != 1 {
		t.Errorf("others %b", others)
	}
}

// TestLabelPackets: labelPackets decides about packets whose flow shows their label, or
// whose label comes first on their socket's list, and about nothing else.
func TestLabelPackets(t *testing.T) {
	e := listedEngine(t)
	listed(t, e, UDP, 3, never) // so that no lease's slot is its label
	s := listed(t, e, UDP, 2, never)
	handle := shard.NewHandle(s.id, s.generation)
	other := func(protocol Protocol, held int, headers func(Label) bool) shard.Handle {
		n := reborn(t, s.ns, protocol)
		for label := range Label(held) {
			req := Request{Label: 1<<10 + label<<10 + Label(n.id), Dst: netip.MustParseAddr("2001:db8::1"), Share: Exclusive, Create: true}
			if headers(label) {
				req.Headers = &Headers{HopByHop: []byte{0, 0, 5, 2, 0, 0, 1, 0}}
			}
			if _, err := n.Get(req); err != nil {
				t.Fatal(err)
			}
		}
		return shard.NewHandle(n.id, n.generation)
	}
	firstOf := func(h shard.Handle) Label { return 1<<10 + Label(h.Slot()) }
	always := func(Label) bool { return true }
	bare := reborn(t, s.ns, UDP)
	ping, long, headed := other(Ping, 1, never), other(UDP, 6, never), other(UDP, 1, always)
	shut := other(UDP, 1, never)
	if err := (Socket{ns: s.ns, slot: e.sockets.At(shut.Slot()), id: shut.Slot(), generation: shut.Generation()}).Close(); err != nil {
		t.Fatal(err)
	}
	rows := []struct {
		what    string
		found   shard.Handle
		label   Label
		verdict Verdict
		decided bool
	}{
		{"first label", handle, 1, Allowed, true},
		{"second label", handle, 2, Allowed, false},
		{"label that is not held", handle, 3, Allowed, false},
		{"label that differs in its first bit", handle, 1 | StatelessBit, Allowed, false},
		{"no label", handle, 0, Allowed, false},
		{"packet that is not parsed", handle, 1, NoPorts, false},
		{"refused by the parser", handle, 1, Refused, false},
		{"no label, none held", shard.NewHandle(bare.id, bare.generation), 0, Allowed, false},
		{"closed", shut, firstOf(shut), Allowed, false},
		{"no socket", 0, 1, Allowed, false},
		{"no socket, no label", 0, 0, Allowed, false},
		{"another generation", shard.NewHandle(s.id, s.generation+1), 1, Allowed, false},
		{"ping", ping, firstOf(ping), Allowed, false},
		{"list in a block", long, firstOf(long), Allowed, false},
		{"label with headers", headed, firstOf(headed), Allowed, false},
	}
	rng := rand.New(rand.NewPCG(3, 4))
	const n = 16
	for range 1000 {
		packets, verdicts, found, out := make([][]byte, n), make([]Verdict, n), make([]shard.Handle, n), make([]Decision, n)
		asked := make([]uint32, n)
		var want, shown uint64
		drawn := make([]int, n)
		for i := range n {
			drawn[i] = rng.IntN(len(rows))
			r := rows[drawn[i]]
			packets[i], verdicts[i], found[i] = plainPacket(rng, 60, nextUDP, r.label), r.verdict, r.found
			asked[i] = shard.ShownMark | uint32(r.label)
			out[i] = Decision{Label: 99}
			shows := rng.IntN(4) == 0
			if shows {
				shown |= 1 << i
			}
			if !r.decided && (!shows || r.verdict != Allowed) {
				want |= 1 << i
			}
		}
		if others := labelPackets(e.sockets, &asked[0], n, &verdicts[0], &found[0], shown, &out[0]); others != want {
			t.Fatalf("others %016b, want %016b", others, want)
		}
		for i, d := range out {
			r, wantD := rows[drawn[i]], Decision{Label: 99}
			if want>>i&1 == 0 && shown>>i&1 != 0 {
				wantD = Decision{Label: r.label, Verdict: Allowed, lease: bareLease}
			} else if r.decided {
				wantD = e.label(s.ns, packets[i], found[i], new(shard.Key))
			}
			if d != wantD {
				t.Errorf("%s: %+v, want %+v", r.what, d, wantD)
			}
		}
	}
}
