package core

import (
	"reflect"

	"github.com/flowlabel/flowlabel/shard"
)

// MemoryUse is the memory of one kind of thing. The kinds are, with what they
// give back when they have emptied:
//
//	leases        slots with their timers            S
//	headers       a table beside the leases          S
//	              the copies of the headers          H, when the lease is reclaimed
//	sockets       slots                              S
//	socket lists  blocks of uses                     S
//	flows         slots                              S
//	flow buckets  the hash table of flows            S
//	index pages   256 labels each, where any is used S
//	index roots   16 KiB a namespace                 H, when the namespace is
//	namespaces    ids and a table beside them        S
//	              the namespaces themselves          H, when the namespace is
//
// S: to the same kind. What is free serves again in any namespace, and Bytes
// stays; the memory goes back to the system once the engine, its namespaces,
// sockets and readers are unreachable. H: to the garbage collector. Bytes falls
// when the last lease is reclaimed that the headers, or the closed namespace,
// stand beside; a handle that the program keeps of the namespace holds its
// memory longer, uncounted.
//
// The directories that New makes, in proportion to the caps, and the registry of
// names are not counted.
type MemoryUse struct {
	Kind  string
	InUse int   // including what waits for readers
	Room  int   // what the memory taken so far has room for
	Bytes int64 // taken, in use or not
}

// memory returns what each kind takes.
func (e *Engine) memory() []MemoryUse {
	sockets, blocks := e.sockets.Usage()
	flows, buckets := e.flows.Usage()
	spaces := e.nsSlots.Usage()
	return []MemoryUse{
		slots("leases", e.leases.Usage()),
		{
			Kind:  "headers",
			InUse: int(e.count.headers.Value()),
			Room:  e.headers.Room(),
			Bytes: e.headers.Bytes() + e.count.headerBytes.Value(),
		},
		slots("sockets", sockets),
		slots("socket lists", blocks),
		slots("flows", flows),
		slots("flow buckets", buckets),
		slots("index pages", e.pages.Usage()),
		{Kind: "index roots", InUse: spaces.Slots, Room: spaces.Slots, Bytes: int64(spaces.Slots) * shard.RootBytes},
		{
			Kind:  "namespaces",
			InUse: spaces.Slots,
			Room:  spaces.Capacity,
			Bytes: spaces.Bytes + e.namespaces.Bytes() + int64(spaces.Slots)*sizeOf[Namespace](),
		},
	}
}

func slots(kind string, u shard.Usage) MemoryUse {
	return MemoryUse{Kind: kind, InUse: u.Slots, Room: u.Capacity, Bytes: u.Bytes}
}

// setHeaders puts a lease's headers beside its slot, before anybody can find it.
func (e *Engine) setHeaders(id uint32, h *Headers) {
	e.headers.Set(id, h)
	e.countHeaders(1, h.Len())
}

// clearHeaders takes them away, length bytes in all, when nobody sees the slot.
func (e *Engine) clearHeaders(id uint32, length int) {
	e.headers.Clear(id)
	e.countHeaders(-1, length)
}

func (e *Engine) countHeaders(n int64, length int) {
	e.count.headers.Add(n)
	e.count.headerBytes.Add(n * (sizeOf[Headers]() + int64(length)))
}

// sizeOf returns the size of a T in bytes.
func sizeOf[T any]() int64 { return int64(reflect.TypeFor[T]().Size()) }
