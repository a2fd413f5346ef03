// Package order makes what the benchmarks look up: fixed sets of labels and
// flows, and one fixed order of draws from them, so that every rival gets the
// same keys in the same order, and so does every run.
package order

import "math/rand/v2"

// Draws is how many keys are drawn for each benchmark. With few of them the
// branch predictor and the caches would know them by heart.
const Draws = 1 << 22

// LabelSpace is the number of labels, the unused label 0 included (RFC 6437).
const LabelSpace = 1 << 20

// Labels returns n different labels in random order, and all others but 0.
func Labels(n int) (in, out []uint32) {
	labels := make([]uint32, 0, LabelSpace-1)
	for _, l := range random(1).Perm(LabelSpace - 1) {
		labels = append(labels, uint32(l)+1)
	}
	return labels[:n:n], labels[n:]
}

// Drawn is an order of keys, some of which are found and some not.
type Drawn[K any] struct {
	// Keys are looked up one after another.
	Keys []K
	// At says of each key which one of the set it is, from 1, and 0 for a miss.
	At []uint32
}

// Draw draws Draws keys: hits per cent of them from in and the others from out,
// in random order.
func Draw[K any](in, out []K, hits int) Drawn[K] {
	rng := random(2)
	d := Drawn[K]{make([]K, Draws), make([]uint32, Draws)}
	for i := range d.Keys {
		// Both are drawn each time, so that orders with more and with fewer hits
		// differ in nothing else.
		hit, at := rng.IntN(100) < hits, rng.Uint64()
		if hit {
			at %= uint64(len(in))
			d.Keys[i], d.At[i] = in[at], uint32(at)+1
		} else {
			d.Keys[i] = out[at%uint64(len(out))]
		}
	}
	return d
}

// Part returns the part of an order that one of several workers goes through.
func (d Drawn[K]) Part(worker, workers int) Drawn[K] {
	size := len(d.Keys) / workers
	return Drawn[K]{d.Keys[worker*size:][:size], d.At[worker*size:][:size]}
}

// Sum is the sum of worth over the first n draws, going round when there are
// fewer; worth of 0 counts for misses.
func (d Drawn[K]) Sum(n int, worth func(at uint32) uint64) (sum uint64) {
	part := func(at []uint32) (sum uint64) {
		for _, a := range at {
			sum += worth(a)
		}
		return sum
	}
	if rounds := n / len(d.At); rounds > 0 {
		sum = part(d.At) * uint64(rounds)
	}
	return sum + part(d.At[:n%len(d.At)])
}

// random returns a generator that draws the same in every run.
func random(stream uint64) *rand.Rand { return rand.New(rand.NewPCG(0x666c6f776c6162, stream)) }
