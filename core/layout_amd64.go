//go:build amd64 && (linux || darwin) && !purego && !race && !invariants

package core

//lint:file-ignore U1000 assembly uses them

import "github.com/flowlabel/flowlabel/shard"

// What assembly needs of the layer below.
const (
	socketShift     = shard.SocketShift
	socketWord      = shard.SocketWord
	socketProtocol  = shard.SocketProtocol
	socketOwn       = shard.SocketOwn
	socketsLines    = shard.SocketsLines
	socketsSlots    = shard.SocketsSlots
	shownMark       = shard.ShownMark
	blockShut       = shard.Shut
	classShift      = shard.ClassShift
	classes         = shard.Classes
	entryHeaders    = shard.EntryHeaders
	generationShift = shard.GenerationShift

	// eachLabel has a bit for each four bytes of a line that have the label of an entry,
	// and ownLabels for those of the entries in a socket.
	eachLabel = 0x5555
	ownLabels = eachLabel & (1<<(2*shard.OwnEntries) - 1) << (shard.SocketOwn / 4)
)

// These do not compile if the entries in a socket are not one and two pairs, or the pairs
// not where VMOVDQA loads.
var (
	_ [0]struct{} = [shard.OwnEntries - 5]struct{}{}
	_ [0]struct{} = [(shard.SocketOwn + 8) % 16]struct{}{}
)
