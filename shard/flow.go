package shard

import (
	"encoding/binary"
	"math/bits"
	"sync/atomic"
)

// Key names a flow: a 5-tuple in a namespace, without padding that differs.
//
//	0        16       32     34     36       37        40
//	[ source ][ dest. ][ sp  ][ dp  ][ proto ][ namespace ]
//
// Addresses and ports are in network order, as a packet has them; the namespace's
// id is in little-endian order.
type Key [KeyBytes]byte

// KeyBytes is the length of a key, and where its parts stand.
const (
	KeyBytes     = 40
	KeySrc       = 0
	KeyDst       = 16
	KeyPorts     = 32
	KeyProtocol  = 36
	keyNamespace = 37
)

// Keys are written by words of 8 bytes or more and hashed by words of 8, and are
// not returned as values, which the compiler copies in overlapping parts. A single lookup among a million flows took 430 ns
// with a tuple passed by value and 240 by pointer. The likely reason: a read that
// finds its bytes in several younger stores cannot have them forwarded, and waits
// for those stores to retire, and with them all lookups before.

// Place writes all that follows the addresses: the ports, source first, as they
// stand in a packet when read in little-endian order; the protocol, and no namespace.
func (k *Key) Place(ports uint32, protocol uint8) {
	// Said so that the compiler does not see where the parts are, and stores one word.
	k.setWord(4, bits.RotateLeft64(uint64(ports)<<32|uint64(protocol), 32))
}

// SetAddresses writes source and destination, as they stand in a packet side by side.
// The compiler would call a function to copy so many bytes.
func (k *Key) SetAddresses(a *[KeyPorts]byte) {
	k.setWord(0, binary.LittleEndian.Uint64(a[0:]))
	k.setWord(1, binary.LittleEndian.Uint64(a[8:]))
	k.setWord(2, binary.LittleEndian.Uint64(a[16:]))
	k.setWord(3, binary.LittleEndian.Uint64(a[24:]))
}

// Set makes k the same key as from, in another namespace.
func (k *Key) Set(from *Key, namespace uint32) {
	k.setWord(0, from.word(0))
	k.setWord(1, from.word(1))
	k.setWord(2, from.word(2))
	k.setWord(3, from.word(3))
	k.setWord(4, from.in(namespace))
}

// in returns the last word of the same key in another namespace.
func (k *Key) in(namespace uint32) uint64 { return k.word(4)&(1<<40-1) | uint64(namespace)<<40 }

// namespace returns the key's namespace.
func (k *Key) namespace() uint32 { return uint32(k.word(4) >> 40) }

// Reverse makes k the key of the flow in the other direction.
func (k *Key) Reverse() {
	src0, src1, dst0, dst1, rest := k.word(0), k.word(1), k.word(2), k.word(3), k.word(4)
	k.setWord(0, dst0)
	k.setWord(1, dst1)
	k.setWord(2, src0)
	k.setWord(3, src1)
	k.setWord(4, rest&^(1<<32-1)|rest>>16&0xffff|rest&0xffff<<16)
}

func (k *Key) word(i int) uint64 { return binary.LittleEndian.Uint64(k[8*i:]) }

func (k *Key) setWord(i int, w uint64) { binary.LittleEndian.PutUint64(k[8*i:], w) }

// Protocol returns the upper-layer protocol.
func (k *Key) Protocol() uint8 { return k[KeyProtocol] }

// Handle names a socket: its slot, and the slot's generation. 0 names none.
//
//	63       32 31  0
//	[generation][slot]
type Handle uint64

// NewHandle returns the handle of a socket.
func NewHandle(slot, generation uint32) Handle {
	return Handle(generation)<<32 | Handle(slot)
}

// Slot returns the slot of the socket, 0 for none.
func (h Handle) Slot() uint32 { return uint32(h) }

// Generation returns the generation of the socket's slot.
func (h Handle) Generation() uint32 { return uint32(h >> 32) }

// Flow is the slot of a flow: what a packet does not need. The rest stands in a
// bucket.
type Flow struct {
	// Socket names the socket; written while nobody else can reach the slot.
	Socket Handle
	// bucket is where the flow stands, 0 before it is in the table. It is stored by
	// whoever holds the lock of that bucket's segment, or has just replaced the segment
	// in which the flow stood, under Flows.mu then; so the last to store says where
	// the flow is, if it is there still. Pairs with the loads of holdFlow.
	bucket atomic.Uint32

	// Neighbours in the list of the socket's flows, and whether the flow is on it.
	// Guarded by the socket's mu.
	prev, next uint32
	listed     bool
}

// link puts a flow on its socket's list. It returns false when the socket is
// closed or another.
func (f *Flows) link(id uint32, fl *Flow, s *Socket) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.block(fl.Socket.Generation()); !ok {
		return false
	}
	f.hide(s) // of two flows neither shows anything
	fl.prev, fl.next, fl.listed = 0, s.flows, true
	if s.flows != 0 {
		f.At(s.flows).prev = id
	}
	s.flows = id
	return true
}

// unlink takes a flow off its socket's list and returns true, unless pop has. Only
// who pops a flow learns of it from the list.
func (f *Flows) unlink(fl *Flow, s *Socket) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !fl.listed {
		return false
	}
	f.cut(fl, s)
	f.show(s)
	return true
}

// pop takes the first flow off a socket's list and returns it; 0 when there is
// none.
func (f *Flows) pop(s *Socket) uint32 {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := s.flows
	if id != 0 {
		f.cut(f.At(id), s)
	}
	return id
}

// cut takes a listed flow off the list. Its caller holds the socket's mu.
func (f *Flows) cut(fl *Flow, s *Socket) {
	if fl.prev != 0 {
		f.At(fl.prev).next = fl.next
	} else {
		s.flows = fl.next
	}
	if fl.next != 0 {
		f.At(fl.next).prev = fl.prev
	}
	fl.listed = false
}
