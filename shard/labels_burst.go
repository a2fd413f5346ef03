package shard

// LabelLookups are lookups of labels on their way, number i in place i%OnTheWay,
// to be taken through Touch and Read by InStep. So the memory fetches the cells
// and the leases of several side by side.
type LabelLookups struct {
	Cells [OnTheWay]*Cell  // to be set before Touch, nil for none
	Slots [OnTheWay]uint32 // of the leases, 0 for none, after Read
}

// Touch asks memory for the cells.
func (l *LabelLookups) Touch(from, to int) { fetchCells(l.Cells[from&onTheWayMask:][:to-from]) }

// Read reads the cells and asks memory for the leases.
func (l *LabelLookups) Read(ls *Leases, from, to int) {
	for i := from; i < to; i++ {
		i := i & onTheWayMask
		l.Slots[i] = 0
		if c := l.Cells[i]; c != nil {
			l.Slots[i] = c.slot.Load()
		}
	}
	ls.slots.fetch(l.Slots[from&onTheWayMask:][:to-from])
}
