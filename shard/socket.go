package shard

import (
	"sync"
	"sync/atomic"
)

// The word of a socket:
//
//	63        36 35   32 31         0
//	[generation ][ class ][  block  ]
//
// block names the socket's block: 0 while the list stands in the socket itself,
// and shut when the socket is closed. class is the base-2 logarithm of the
// block's lines.
const (
	blockMask       = 1<<32 - 1
	classShift      = 32
	classMask       = 1<<4 - 1
	socketGenShift  = 36
	socketLifeCount = 1 << 28

	shut = blockMask
)

// Entry is one use of a lease by a socket, as it stands in the socket's block:
// all that a packet needs, in one word. The zero Entry is an empty place.
//
//	63         32 31      21   20    19    0
//	[ lease slot ][   0   ][ headers ][label]
type Entry uint64

const (
	entryLabel   = LabelSpace - 1
	entryHeaders = 1 << 20
	entryShift   = 32
)

// NewEntry returns the entry for a lease slot with the given label, which has
// headers to add to a packet or has none.
func NewEntry(slot, label uint32, headers bool) Entry {
	e := Entry(slot)<<entryShift | Entry(label)
	if headers {
		e |= entryHeaders
	}
	return e
}

// Lease returns the slot of the lease.
func (e Entry) Lease() uint32 { return uint32(e >> entryShift) }

// Label returns the label of the lease.
func (e Entry) Label() uint32 { return uint32(e) & entryLabel }

// Headers says whether the lease has headers to add to a packet.
func (e Entry) Headers() bool { return e&entryHeaders != 0 }

// ownEntries is how many entries of its list a socket keeps beside its word.
const ownEntries = 5

// Socket is the slot of a socket, two cache lines. A packet looks at the first
// one only, if the socket has no more than ownEntries labels.
type Socket struct {
	// word is stored under mu and loaded by every packet: the store of a new
	// block comes after its entries, and pairs with that load.
	word atomic.Uint64

	// Current is a label with the marks below, Remote a label. They are stored by
	// connects and receivers; each stands alone and orders nothing.
	Current, Remote atomic.Uint32

	// Written while nobody else can reach the slot, and only then.
	Namespace uint32
	Protocol  uint8
	_         [3]byte

	// own is the list until it needs a block. Afterwards it stays as it was then,
	// for readers that have loaded the older word. Stored under mu; an entry's
	// store publishes the use of a lease and pairs with the loads in glance and
	// FindInOrder, in First, in toShow, and in the assembly of the layer above.
	own [ownEntries]atomic.Uint64

	mu   sync.Mutex // serialises changes of the list, of the word, of the flows and of what they show
	used uint32     // entries in the list; guarded by mu

	flows uint32 // first of the socket's flows, through Flow.next; guarded by mu

	// Written while nobody else can reach the slot, and only then.
	Process    uint64
	User       uint64
	Privileges uint8
	Hides      bool // its flows show nothing; see Flows.show

	shows bool // its flow shows a label; guarded by mu
	_     [5]byte

	// Neighbours in the list of the namespace's sockets, guarded by whoever
	// keeps that list.
	Prev, Next uint32
	_          [16]byte
}

// Marks beside the label in Socket.Current.
const (
	// CurrentReflects marks a socket that reflects the labels of its peer.
	CurrentReflects = 1 << 31
	// CurrentAutoOff and CurrentAutoOn are the socket's own choice about automatic
	// labels; without either it has made none.
	CurrentAutoOff = 1 << 30
	CurrentAutoOn  = 1 << 29
	// CurrentLabel is where the label stands.
	CurrentLabel = LabelSpace - 1
)

// Used returns how many entries the socket's list has.
func (s *Socket) Used() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return int(s.used)
}

// Open says whether the socket is the one of that generation, and not closed.
func (s *Socket) Open(generation uint32) bool {
	_, ok := s.block(generation)
	return ok
}

// block returns the word of an open socket; false when it is closed or another.
func (s *Socket) block(generation uint32) (word uint64, ok bool) {
	if Invariants {
		touched()
	}
	word = s.word.Load()
	return word, word>>socketGenShift == uint64(generation) && word&blockMask != shut
}

// Generation returns the generation that the slot is in.
func (s *Socket) Generation() uint32 { return uint32(s.word.Load() >> socketGenShift) }
