package core

import (
	"fmt"
	"log/slog"
	"runtime"
	"time"

	"github.com/flowlabel/flowlabel/shard"
)

// Options say how an engine is to be built. The zero value is an engine for Go
// programs in native mode; each field documents what its zero means.
type Options struct {
	// Rules are the rules of leasing; zero means native mode.
	Rules Rules
	// MaxLeases is the most leases alive or lingering; 0 means 1<<20, at most
	// 1<<26. A table takes memory as it fills; empty, about 85 bytes for each
	// 1024.
	MaxLeases int
	// MaxSockets is the most sockets; 0 means 1<<20, at most 1<<26.
	MaxSockets int
	// MaxFlows is the most flows bound to sockets; 0 means 1<<20, at most 1<<25. A
	// flow takes 28 bytes and 85 to 140 in buckets; and some more while what was
	// replaced as the table grew waits for a grace period.
	MaxFlows int
	// MaxNamespaces is the most namespaces; 0 means 4096, at most 1<<20.
	MaxNamespaces int
	// MaxSocketEntries is the most uses of leases that one socket can hold; 0
	// means 4096, at most 8192. A list takes 64 bytes up to 8 uses and doubles from
	// there, and the lists of each size together take at most 640 MiB, which a
	// million lists of 64 uses do: beyond that it is ErrTableFull.
	MaxSocketEntries int
	// Tick is the length of a tick of the timer wheels: how much later than its
	// deadline a lease may end. 0 means 20 ms; 100 µs to 1 s.
	Tick time.Duration
	// Shards is the number of shards; 0 means GOMAXPROCS, rounded up to a power
	// of two. At most 256.
	Shards int
	// ManualAdvance leaves it to the program to call Engine.Advance, at least
	// once a tick if deadlines matter. Otherwise the engine has one goroutine.
	ManualAdvance bool
	// Clock returns the time since some fixed moment and never steps back; nil
	// means the machine's monotonic clock. It is read by calls that set a time or tell
	// one, which most Gets do not, and by the last release of a lease, never for a packet,
	// and may be called from any goroutine. A lease whose last release waits for it cannot
	// end meanwhile.
	Clock func() time.Duration
	// Random returns random bits of which the low 20 are taken for labels; nil
	// means a ChaCha8 generator a shard, seeded by the system. It may be called
	// from any goroutine. Labels that can be foretold let observers link flows.
	Random func() uint32
	// Logger is told of readers that stall; nil means silence.
	Logger *slog.Logger
}

const (
	maxTable      = 1 << 26
	maxFlows      = 1 << 25
	maxNamespaces = 1 << 20
	maxShards     = 256
	minTick       = 100 * time.Microsecond
	maxTick       = time.Second
)

// checked returns o with its zero values resolved.
func (o Options) checked() (Options, error) {
	defaults(&o.MaxLeases, 1<<20)
	defaults(&o.MaxSockets, 1<<20)
	defaults(&o.MaxFlows, 1<<20)
	defaults(&o.MaxNamespaces, 4096)
	defaults(&o.MaxSocketEntries, min(4096, shard.MaxEntries))
	defaults(&o.Shards, runtime.GOMAXPROCS(0))
	defaults(&o.Tick, 20*time.Millisecond)
	for _, x := range []struct {
		name            string
		value, min, max int
	}{
		{"MaxLeases", o.MaxLeases, 1, maxTable},
		{"MaxSockets", o.MaxSockets, 1, maxTable},
		{"MaxFlows", o.MaxFlows, 1, maxFlows},
		{"MaxNamespaces", o.MaxNamespaces, 1, maxNamespaces},
		{"MaxSocketEntries", o.MaxSocketEntries, 1, shard.MaxEntries},
		{"Shards", o.Shards, 1, maxShards},
	} {
		if x.value < x.min || x.value > x.max {
			return o, fmt.Errorf("%w: Options.%s %d, from %d to %d", ErrOption, x.name, x.value, x.min, x.max)
		}
	}
	if o.Tick < minTick || o.Tick > maxTick {
		return o, fmt.Errorf("%w: Options.Tick %v, from %v to %v", ErrOption, o.Tick, minTick, maxTick)
	}
	for o.Shards&(o.Shards-1) != 0 {
		o.Shards++
	}
	if o.Clock == nil {
		start := time.Now()
		o.Clock = func() time.Duration { return time.Since(start) }
	}
	var err error
	o.Rules, err = o.Rules.checked(o.Tick, o.MaxLeases)
	return o, err
}

func defaults[T int | time.Duration](v *T, d T) {
	if *v == 0 {
		*v = d
	}
}
