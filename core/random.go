package core

import (
	cryptorand "crypto/rand"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"sync"

	"golang.org/x/sys/cpu"

	"github.com/flowlabel/flowlabel/shard"
)

// source draws random labels for one shard.
type source struct {
	_         cpu.CacheLinePad
	own       func() uint32 // the program's, or nil
	mu        sync.Mutex
	generator *rand.ChaCha8 // guarded by mu
	_         cpu.CacheLinePad
}

// newSources returns a source a shard, all of them given when that is set.
func newSources(shards int, given func() uint32) []source {
	sources := make([]source, shards)
	for i := range sources {
		if sources[i].own = given; given != nil {
			continue
		}
		var seed [32]byte
		_, _ = cryptorand.Read(seed[:]) // never fails; the program ends if it would
		sources[i].generator = rand.NewChaCha8(seed)
	}
	return sources
}

// secret returns a number that nobody can foretell.
func secret() uint64 {
	var b [8]byte
	_, _ = cryptorand.Read(b[:]) // as above
	return binary.LittleEndian.Uint64(b[:])
}

// draw fills into with random bits, and returns what it has filled: the program's own
// source is asked for one at a time.
func (s *source) draw(into []uint32) []uint32 {
	if s.own != nil { // no lock is held while the program's code runs
		into = into[:1]
		into[0] = s.own()
		return into
	}
	s.mu.Lock()
	for i := 0; i < len(into); i += 2 {
		bits := s.generator.Uint64()
		into[i] = uint32(bits)
		if i+1 < len(into) {
			into[i+1] = uint32(bits >> 32)
		}
	}
	s.mu.Unlock()
	return into
}

const (
	// randomTries is how many labels are drawn, about, before the search becomes a walk.
	// In a space that is half full all of them fail once in 10^19 times.
	randomTries = 64
	// drawnAhead is how many are drawn before it is known whether one is needed, so that
	// their cells come from memory while a slot is taken and filled; and drawnAtOnce, when
	// all those were in use. The processor looks at their cells side by side. With the
	// cells of labels drawn ahead, and those of dead leases, asked for ahead, a lease among
	// a million takes 376 ns for its whole life, and 582 without (BenchmarkLifecycle of
	// bench/).
	drawnAhead  = 4
	drawnAtOnce = 8
)

// space returns of how many labels one is chosen at random.
func (g *get) space() uint32 {
	if !g.eng.rules.RandomIgnoresRanges && g.ns.settings().StateRanges {
		return uint32(StatelessBit)
	}
	return shard.LabelSpace
}

// drawAhead draws the first labels of claimAny, but not from a source of the program's
// own, and asks memory for their cells.
func (g *get) drawAhead() {
	from, space := &g.eng.random[g.at], g.space()
	if from.own != nil {
		return
	}
	g.drawn = len(from.draw(g.bits[:drawnAhead]))
	for _, b := range g.bits[:g.drawn] {
		g.ns.index.Fetch(b & (space - 1))
	}
}

// claimAny makes the filled slot the lease of a label chosen at random. After
// some draws it walks from a random start, once around: it ends with a label or
// with ErrNoLabels. A label whose lease is dead, and which is about to be free, counts as
// in use.
func (g *get) claimAny(id uint32, l *shard.Lease) (bool, error) {
	from, space := &g.eng.random[g.at], g.space()
	for tried := 0; tried < randomTries; tried += g.drawn {
		if tried != 0 || g.drawn == 0 {
			g.drawn = len(from.draw(g.bits[:]))
		}
		for _, b := range g.bits[:g.drawn] {
			label := b & (space - 1)
			if label == 0 || g.ns.index.Lookup(label) != 0 {
				continue
			}
			if done, err := g.claim(id, l, label, 0); done || err != nil {
				return done, err
			}
		}
	}
	start := max(from.draw(g.bits[:1])[0]&(space-1), 1)
	if done, err := g.claimFirst(id, l, start, space); done || err != nil {
		return done, err
	}
	if done, err := g.claimFirst(id, l, 1, start); done || err != nil {
		return done, err
	}
	return false, fmt.Errorf("%w: of %d", ErrNoLabels, space-1)
}

// claimFirst claims the first free label in [from, to).
func (g *get) claimFirst(id uint32, l *shard.Lease, from, to uint32) (bool, error) {
	for label, ok := g.ns.index.NextFree(from, to); ok; label, ok = g.ns.index.NextFree(label+1, to) {
		if done, err := g.claim(id, l, label, 0); done || err != nil {
			return done, err
		}
	}
	return false, nil
}
