//go:build amd64 && (linux || darwin) && !purego && !race

package shard

import "unsafe"

// lines is where the lines of a slab begin, at hand for assembly.
//
// Sound: the array never moves, and lives as long as its arena, which whoever holds
// the slab keeps reachable.
type lines struct{ first unsafe.Pointer }

func (l *lines) set(of *Slab[line]) { l.first = of.slots.base }
