//go:build !(amd64 || arm64) || purego

package shard

// The twin of prefetch_asm.go. It reads what is to be fetched: the processor
// goes on while it waits for some of it.

func (b *bucketBurst) prefetch(n int) {
	for _, l := range b[:n] {
		l[0].Load()
	}
}

func (b *cellBurst) prefetch(n int) {
	for _, c := range b[:n] {
		if c != nil {
			c.Load()
		}
	}
}

func (b *flowBurst) prefetch(n int) {
	sum := uint32(0)
	for _, f := range b[:n] {
		if f != nil {
			sum += f.Socket
		}
	}
	consume(sum)
}

// Prefetch asks for the first n leases.
func (b *LeaseBurst) Prefetch(n int) {
	for _, l := range b[:n] {
		if l != nil {
			l.word.Load()
		}
	}
}

// Prefetch asks for the first line of the first n sockets.
func (b *SocketBurst) Prefetch(n int) {
	for _, s := range b[:n] {
		if s != nil {
			s.word.Load()
		}
	}
}

// PrefetchBytes asks for the first line of each slice.
func PrefetchBytes(slices [][]byte) {
	sum := uint32(0)
	for _, b := range slices {
		if len(b) > 0 {
			sum += uint32(b[0])
		}
	}
	consume(sum)
}

// consume keeps the compiler from leaving out the reading of a value.
//
//go:noinline
func consume(uint32) {}
