package timerwheel

import (
	"math/rand/v2"
	"testing"
)

const (
	benchTimers   = 1_000_000
	benchPageBits = 16
	// benchSpread is how many ticks the deadlines spread over: 150 seconds,
	// the longest linger without privileges, in ticks of 10 ms.
	benchSpread = 15_000
)

// bench is a wheel with a million nodes, deadlines in random order, and the
// ids in another random order: nothing a benchmark touches comes in sequence.
type bench struct {
	wheel *Wheel
	nodes []Node
	order []uint32
}

func newBench(spread uint32) *bench {
	rng := rand.New(rand.NewPCG(1, 2))
	b := &bench{wheel: New(benchPageBits, 0)}
	const size = 1 << benchPageBits
	b.nodes = make([]Node, (benchTimers/size+1)*size)
	for page := range uint32(len(b.nodes) / size) {
		b.wheel.SetPage(page, b.nodes[page*size:][:size])
	}
	b.order = make([]uint32, benchTimers)
	for i, id := range rng.Perm(benchTimers) {
		b.order[i] = uint32(id) + 1
	}
	for id := range b.nodes {
		b.nodes[id].Reset(1 + rng.Uint32N(spread))
	}
	return b
}

func (b *bench) fileAll() {
	for _, id := range b.order {
		b.wheel.File(id)
	}
}

func (b *bench) cancelAll() {
	for _, id := range b.order {
		b.wheel.Cancel(id)
	}
}

// BenchmarkTimer measures one operation on one of a million timers, in random
// order of ids and of deadlines; a run goes through all of them in turn. The
// expiry advances tick by tick and reports how far from its deadline an id
// fired at worst.
func BenchmarkTimer(b *testing.B) {
	b.Run("op=add/timers=1000000/impl=engine", func(b *testing.B) {
		s := newBench(benchSpread)
		s.fileAll()
		s.cancelAll()
		b.ReportAllocs()
		b.ResetTimer()
		for i := 0; i < b.N; i++ {
			if i%benchTimers == 0 && i > 0 {
				b.StopTimer()
				s.cancelAll()
				b.StartTimer()
			}
			s.wheel.File(s.order[i%benchTimers])
		}
	})
	b.Run("op=cancel/timers=1000000/impl=engine", func(b *testing.B) {
		s := newBench(benchSpread)
		rand.New(rand.NewPCG(3, 4)).Shuffle(len(s.order), func(i, j int) {
			s.order[i], s.order[j] = s.order[j], s.order[i]
		})
		filing := append([]uint32(nil), s.order...)
		rand.New(rand.NewPCG(5, 6)).Shuffle(len(filing), func(i, j int) {
			filing[i], filing[j] = filing[j], filing[i]
		})
		b.ReportAllocs()
		b.ResetTimer()
		for i := 0; i < b.N; i++ {
			if i%benchTimers == 0 {
				b.StopTimer()
				for _, id := range filing {
					s.wheel.File(id)
				}
				b.StartTimer()
			}
			s.wheel.Cancel(s.order[i%benchTimers])
		}
	})
	b.Run("op=expire/timers=1000000/impl=engine", func(b *testing.B) {
		benchExpire(b, benchSpread)
	})
}

// BenchmarkSpread is the expiry of BenchmarkTimer with deadlines that spread
// over fewer and over more ticks, so that ids go through fewer or more levels.
func BenchmarkSpread(b *testing.B) {
	for _, c := range []struct {
		name   string
		spread uint32
	}{{"ticks=64", 64}, {"ticks=4096", 4096}, {"ticks=262144", 1 << 18}, {"ticks=16777216", 1 << 24}} {
		b.Run("op=expire/timers=1000000/"+c.name+"/impl=engine", func(b *testing.B) {
			benchExpire(b, c.spread)
		})
	}
}

func benchExpire(b *testing.B, spread uint32) {
	s := newBench(spread)
	var now, base uint32
	var early, late int32
	fire := func(id uint32) {
		d := int32(now - s.nodes[id].Deadline())
		early, late = max(early, -d), max(late, d)
	}
	b.ReportAllocs()
	b.ResetTimer()
	for fired := 0; fired < b.N; {
		if s.wheel.Len() == 0 {
			b.StopTimer()
			for id := range s.nodes {
				s.nodes[id].Reset(s.nodes[id].Deadline() - base + now)
			}
			base = now
			s.fileAll()
			b.StartTimer()
		}
		now++
		before := s.wheel.Len()
		s.wheel.Advance(now, benchTimers, fire)
		fired += before - s.wheel.Len()
	}
	b.ReportMetric(float64(early), "ticks-early")
	b.ReportMetric(float64(late), "ticks-late")
}
