package rcu

import (
	"log/slog"
	"math/bits"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/cpu"
)

const (
	// fenceInterval is the least time between two attempts to advance. Back to
	// back, membarriers slow readers more than twofold; at this distance by a
	// few per cent.
	fenceInterval = 100 * time.Microsecond
	// defaultStallAfter is Options.StallAfter when it is zero.
	defaultStallAfter = time.Second
	// firstEpoch is such that neither a stamp nor a reader's state in a section is ever
	// zero, and that Elapsed(0) is true.
	firstEpoch = graceEpochs
	// chunkSize is how many registered records are made at a time.
	chunkSize = 16
)

// Options configures a domain. The zero value is ready to use.
type Options struct {
	// Logger gets one line for each stall. Nil: none is written.
	Logger *slog.Logger
	// StallAfter is how long a section may hold a grace period up before its
	// reader is named as stalled. Zero or less: one second.
	StallAfter time.Duration
	// Now is the clock of TryAdvance, for tests; nil: time.Now. It must not step
	// back and must not call into the domain. Readers never look at it.
	Now func() time.Time
}

// Domain is a set of readers and the epoch they share. Memory that is retired
// in a domain is protected by the sections of that domain only. All methods may
// be called by any number of goroutines at once. There is nothing to close.
type Domain struct {
	_ cpu.CacheLinePad
	// epoch is loaded by every Enter and stored by TryAdvance, under turn.
	epoch atomic.Uint64
	_     cpu.CacheLinePad

	// wanted is the epoch at which every stamp has elapsed. Stamp raises it,
	// TryAdvance compares: with nothing to wait for, it has nothing to do.
	wanted atomic.Uint64
	// tried is when the last attempt began. Stored under turn; loaded without,
	// to turn most callers away before they try the lock.
	tried atomic.Int64

	// Fixed by newDomain; tests change them before the first use to plant faults.
	plain    bool          // readers store plainly
	fence    func() bool   // runs before a scan if plain; false: no conclusion
	grace    uint64        // graceEpochs
	interval time.Duration // fenceInterval

	stallAfter time.Duration
	logger     *slog.Logger
	now        func() time.Time
	start      time.Time

	pinned     chunk                 // one record a processor; never grows
	own        chunk                 // borrowed readers, one a processor, if pinnable; never grows
	pool       atomic.Pointer[chunk] // the other borrowed readers; grows by CAS
	registered atomic.Pointer[chunk] // grows under mu
	width      int                   // records in pinned, in own and in each chunk of pool

	mu      sync.Mutex // guards what follows, and names; never held for long
	free    []*record  // registered records without a reader
	readers int        // registered records with one

	turn     sync.Mutex // one advances at a time; guards what follows, and records' stalls
	advances uint64
	fences   uint64
	stalls   uint64
}

// New makes a domain. The first one of a process registers the process for
// membarrier(2), which takes some milliseconds.
func New(o Options) *Domain { return newDomain(o, membarrierReady()) }

// newDomain makes a domain whose readers store plainly, or not.
func newDomain(o Options, plain bool) *Domain {
	d := &Domain{
		plain: plain, fence: fenceAll, grace: graceEpochs, interval: fenceInterval,
		stallAfter: o.StallAfter, logger: o.Logger, now: o.Now, width: 1,
	}
	if d.stallAfter <= 0 {
		d.stallAfter = defaultStallAfter
	}
	if d.now == nil {
		d.now = time.Now
	}
	if !checked {
		d.width = powerOfTwo(max(runtime.GOMAXPROCS(0), runtime.NumCPU()))
	}
	d.start = d.now()
	d.tried.Store(int64(-d.interval))
	d.epoch.Store(firstEpoch)
	d.pinned.records = d.newRecords(d.width, func(i int) string { return "pinned " + strconv.Itoa(i) })
	if pinnable {
		d.own.records = d.newRecords(d.width, nameBorrowed)
		for i := range d.own.records {
			d.own.records[i].borrowed.index = i
		}
	}
	return d
}

// clock returns the time since New.
func (d *Domain) clock() time.Duration { return d.now().Sub(d.start) }

// powerOfTwo rounds n, at least 1, up.
func powerOfTwo(n int) int { return 1 << bits.Len(uint(n-1)) }
