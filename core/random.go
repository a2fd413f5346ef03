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
	_     cpu.CacheLinePad
	mu    sync.Mutex
	draws func() uint32 // guarded by mu unless it is the program's own
	own   bool
	_     cpu.CacheLinePad
}

// newSources returns a source a shard, all of them given when that is set.
func newSources(shards int, given func() uint32) []source {
	sources := make([]source, shards)
	for i := range sources {
		s := &sources[i]
		if given != nil {
			s.draws, s.own = given, true
			continue
		}
		var seed [32]byte
		_, _ = cryptorand.Read(seed[:]) // never fails; the program ends if it would
		generator := rand.NewChaCha8(seed)
		s.draws = func() uint32 { return uint32(generator.Uint64()) }
	}
	return sources
}

// secret returns a number that nobody can foretell.
func secret() uint64 {
	var b [8]byte
	_, _ = cryptorand.Read(b[:]) // as above
	return binary.LittleEndian.Uint64(b[:])
}

func (s *source) draw() uint32 {
	if s.own { // no lock is held while the program's code runs
		return s.draws()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.draws()
}

// randomTries is how many labels are drawn before the search becomes a walk. In
// a space that is half full all of them fail once in 10^19 times.
const randomTries = 64

// claimAny makes the filled slot the lease of a label chosen at random. After
// some draws it walks from a random start, once around: it ends with a label or
// with ErrNoLabels.
func (g *get) claimAny(id uint32, l *shard.Lease) (bool, error) {
	space := uint32(shard.LabelSpace)
	if !g.eng.rules.RandomIgnoresRanges && g.ns.settings().StateRanges {
		space = uint32(StatelessBit)
	}
	from := &g.eng.random[g.at]
	for range randomTries {
		label := from.draw() & (space - 1)
		if label == 0 {
			continue
		}
		old := g.ns.index.Lookup(label)
		if old != 0 {
			if _, live := g.eng.leases.At(old).Users(); live {
				continue
			}
		}
		if done, err := g.claim(id, l, label, old); done || err != nil {
			return done, err
		}
	}
	start := max(from.draw()&(space-1), 1)
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
