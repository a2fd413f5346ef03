//go:build amd64 && (linux || darwin) && !purego && !race

package shard

import "unsafe"

// lines is where the lines of a slab begin, at hand for assembly.
type lines struct{ first unsafe.Pointer }

func (l *lines) set(of *Slab[line]) { l.first = of.slots.base }
