//go:build amd64 && (linux || darwin) && !purego && !race

package shard

import "unsafe"

// Where assembly of the layer above finds what this package has. A socket's word and
// an Entry are as socket.go has them.
const (
	// SocketShift is the base-2 logarithm of a Socket's bytes.
	SocketShift    = 7
	SocketWord     = unsafe.Offsetof(Socket{}.word)
	SocketProtocol = unsafe.Offsetof(Socket{}.Protocol)
	SocketOwn      = unsafe.Offsetof(Socket{}.own)
	SocketsLines   = unsafe.Offsetof(Sockets{}.lines)
	SocketsSlots   = unsafe.Offsetof(Sockets{}.slots) + unsafe.Offsetof(array[Socket]{}.base)

	OwnEntries      = ownEntries
	EntryHeaders    = entryHeaders
	Shut            = shut
	ClassShift      = classShift
	Classes         = classes
	GenerationShift = socketGenShift
)

// This does not compile if a Socket is larger or smaller.
var _ [0]struct{} = [unsafe.Sizeof(Socket{}) - 1<<SocketShift]struct{}{}
