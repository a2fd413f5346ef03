package shard

import (
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/cpu"

	"github.com/flowlabel/flowlabel/rcu"
	"github.com/flowlabel/flowlabel/timerwheel"
)

// Leases keeps the lease slots of an engine, with one timer wheel a shard.
//
// Every method may be called from any goroutine. A method that takes a lease by
// slot is called inside the read-side section in which the lease was found.
type Leases struct {
	slab  *Slab[Lease]
	slots array[Lease] // of slab, at hand for lookups
	// nodes are the wheels', a chunk of them for a chunk of leases, touched only
	// under the lock of the wheel that has them.
	nodes  array[timerwheel.Node]
	wheels []wheelHome
	tick   int64 // nanoseconds
	hooks  Hooks

	expired atomic.Int64 // leases buried because their deadline came; a statistic
}

// Hooks are what the layer above does at the turns of a lease's life. They are
// called without any lock of this package.
type Hooks struct {
	// Dead is called once for each lease that died, inside a section: it has to
	// clear the index cell if that still names the slot, and to return quota.
	Dead func(id uint32, l *Lease)
	// AllDead, when set, is called in place of Dead for leases whose deadline has come, in
	// the same way: up to 256 of them, or none. The slice is the caller's again afterwards.
	AllDead func(ids []uint32)
	// Reclaimed is called once nobody can see the lease any more: it has to give
	// up what stands beside the slot.
	Reclaimed func(id uint32, l *Lease)
	// Ring, when set, is called when an id was filed whose deadline (in ticks)
	// may be earlier than any before.
	Ring func(deadline uint32)
	// Waiting, when set, is called when a dead lease waits where none did.
	Waiting func()
}

// wheelHome is one shard's wheel.
type wheelHome struct {
	_       cpu.CacheLinePad
	mu      sync.Mutex
	wheel   *timerwheel.Wheel // guarded by mu
	reached int64             // tick that the wheel was last sent to, not wrapping; guarded by mu
	left    bool              // it has not got there; guarded by mu
	// advancing is set, by CAS, by the one goroutine that advances this wheel, and
	// gives it doomed. It is never waited for, and no lock: hooks run under it.
	advancing atomic.Bool
	doomed    []uint32
	due       []uint32 // what the wheel has come to; guarded by mu
	_         cpu.CacheLinePad
}

// burst is how many leases one hold of a wheel's lock may work on.
const burst = 256

// NewLeases returns room for limit leases. The wheels count in ticks of the
// given length from the engine's time now.
func NewLeases(d *rcu.Domain, a *Arena, shards, limit int, tick time.Duration, now int64, h Hooks) *Leases {
	ls := &Leases{tick: int64(tick), hooks: h, wheels: make([]wheelHome, shards)}
	ls.slab = NewSlab[Lease](d, a, shards, limit, Kind{Grown: ls.grown, Reclaim: ls.reclaim, Ring: h.Waiting})
	ls.slots = ls.slab.slots
	ls.nodes = newArray[timerwheel.Node](a, ls.slab.Chunks())
	for i := range ls.wheels {
		ls.wheels[i].wheel = timerwheel.New(chunkBits, ls.floorTick(now))
		ls.wheels[i].reached = now / ls.tick
		ls.wheels[i].doomed = make([]uint32, 0, burst)
		ls.wheels[i].due = make([]uint32, 0, burst)
	}
	return ls
}

// grown lends the nodes of a new chunk to its shard's wheel.
func (ls *Leases) grown(chunk, shard uint32) bool {
	if !ls.nodes.grow(chunk) {
		return false
	}
	ls.slab.arena.bytes.Add(ChunkSlots * sizeOf[timerwheel.Node]())
	w := &ls.wheels[shard]
	w.mu.Lock()
	w.wheel.SetPage(chunk, ls.nodes.run(chunk<<chunkBits, ChunkSlots))
	w.mu.Unlock()
	return true
}

func (ls *Leases) node(id uint32) *timerwheel.Node { return ls.nodes.at(id) }

// floorTick is the last tick that has begun by now.
func (ls *Leases) floorTick(now int64) uint32 { return uint32(now / ls.tick) }

// ticks is the first tick that begins at or after a deadline.
func (ls *Leases) ticks(deadline int64) int64 { return (deadline + ls.tick - 1) / ls.tick }

// At returns the lease in slot id.
func (ls *Leases) At(id uint32) *Lease { return ls.slots.at(id) }

// Side returns an empty table of *P beside the leases.
func SideOfLeases[P any](ls *Leases) *Side[P] { return NewSide[P](ls.slab) }

// Alloc returns a free slot whose fields the caller may fill in, Born next.
// It returns false when the table is full.
func (ls *Leases) Alloc(shard uint32) (uint32, *Lease, bool) {
	id, ok := ls.slab.Alloc(shard)
	if !ok {
		return 0, nil, false
	}
	l := ls.slab.At(id)
	if Invariants && l.Reused() {
		l.checkPoison()
	}
	return id, l, true
}

// Born makes the filled slot a live lease with one user. After it the slot can be
// published in an index cell.
func (ls *Leases) Born(id uint32, l *Lease, linger, expires int64) {
	rcu.PublishInt(&l.linger, linger)
	rcu.PublishInt(&l.expires, expires)
	l.born()
}

// Unborn gives back a slot after Born whose publication failed.
func (ls *Leases) Unborn(id uint32, l *Lease) {
	l.unborn()
	if Invariants {
		l.poison()
	}
	ls.slab.Release(id)
}

// reclaim readies a dead lease's slot to serve again.
func (ls *Leases) reclaim(id uint32) bool {
	l := ls.slab.At(id)
	ls.hooks.Reclaimed(id, l)
	if Invariants {
		l.poison()
	}
	return l.recycle()
}

// Collect reclaims dead leases of a shard; see Slab.Collect.
func (ls *Leases) Collect(shard uint32) (int, bool) { return ls.slab.Collect(shard) }

// Usage says what the leases take now, their timers included.
func (ls *Leases) Usage() Usage {
	u := ls.slab.Usage()
	u.Bytes += int64(u.Capacity) * sizeOf[timerwheel.Node]()
	return u
}

// Expired says how many leases have died because their deadline came.
func (ls *Leases) Expired() int64 { return ls.expired.Load() }
