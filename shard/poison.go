package shard

// Under the invariants tag a reclaimed slot holds values that no live one has,
// and a slot that is handed out again must still hold them.
const (
	poison64 = 0xdead_1abe_dead_1abe
	poison32 = 0xdead_1abe
)

func (l *Lease) poison() {
	l.Owner, l.Label, l.Namespace = poison64, poison32, poison32
}

func (l *Lease) checkPoison() {
	if l.Owner != poison64 || l.Label != poison32 || l.Namespace != poison32 {
		panic("shard: a lease was written after it was reclaimed")
	}
}

// notPoisoned checks the lines of a block that a reader is about to look at.
func notPoisoned(lines []line) {
	for i := range lines {
		if lines[i][0].Load() == poison64 {
			panic("shard: a reader met a reclaimed block")
		}
	}
}
