package core

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/puzpuzpuz/xsync/v3"
	"golang.org/x/sys/cpu"

	"github.com/flowlabel/flowlabel/rcu"
	"github.com/flowlabel/flowlabel/shard"
)

// Engine leases flow labels. Engines know nothing of each other; a process may
// have several.
//
// Every method may be called from any goroutine. An Engine must not be copied.
type Engine struct {
	_       [0]sync.Mutex // vet reports copies
	rules   Rules
	clock   func() time.Duration
	start   time.Duration // the clock's time when the engine was made
	longest time.Duration

	domain     *rcu.Domain
	arena      *shard.Arena
	leases     *shard.Leases
	headers    *shard.Side[Headers] // beside the leases that have some
	pages      *shard.Pages
	sockets    *shard.Sockets
	flows      *shard.Flows
	nsSlots    *shard.Slab[uint32] // ids of namespaces
	namespaces *shard.Side[Namespace]
	registry   *xsync.MapOf[string, *Namespace]
	random     []source // one a shard
	autoKey    autoKey
	shards     uint32

	count  counters
	driver driver
	closed atomic.Bool // set once by Close; pairs with the loads of whoever opens something

	_ cpu.CacheLinePad
	// leaseCount is the number of leases not dead, changed by CAS where a quota
	// is taken and by Add where it is returned.
	leaseCount                  atomic.Int64
	quotaMu                     sync.Mutex // see takeQuota
	openSockets, openNamespaces tally
	openFlows                   tally

	_ cpu.CacheLinePad
	// guarded is the number of leases not dead that are not open to everybody, under
	// ExclusiveInEngine, else 0: raised before such a lease can be found, lowered at its
	// death. Packets read it there.
	guarded atomic.Int64
	_       cpu.CacheLinePad
}

// New returns an engine. The error is ErrOption. Unless Options.ManualAdvance
// is set it starts one goroutine, which Close ends.
//
// Cost: about half a MiB of directories at the default caps. The first engine of a
// process may take some milliseconds to register with membarrier(2).
func New(o Options) (*Engine, error) {
	o, err := o.checked()
	if err != nil {
		return nil, err
	}
	e := &Engine{
		rules:    o.Rules,
		clock:    o.Clock,
		start:    o.Clock(),
		longest:  longestSpan(o.Tick),
		domain:   rcu.New(rcu.Options{Logger: o.Logger}),
		arena:    shard.NewArena(),
		registry: xsync.NewMapOf[string, *Namespace](),
		random:   newSources(o.Shards, o.Random),
		autoKey:  newAutoKey(),
		shards:   uint32(o.Shards),
		count:    newCounters(),
	}
	e.openSockets.most, e.openNamespaces.most = int64(o.MaxSockets), int64(o.MaxNamespaces)
	e.openFlows.most = int64(o.MaxFlows)
	e.driver.init(o.Tick, o.ManualAdvance)
	e.tables(&o)
	if !o.ManualAdvance {
		e.driver.run(e)
	}
	return e, nil
}

// tables makes the tables that o asks for.
func (e *Engine) tables(o *Options) {
	ring := e.driver.ringSoon
	e.leases = shard.NewLeases(e.domain, e.arena, o.Shards, o.MaxLeases, o.Tick, 0, shard.Hooks{
		Dead:      e.leaseDead,
		AllDead:   e.leasesDead,
		Reclaimed: e.leaseReclaimed,
		Ring:      e.driver.ring,
		Waiting:   ring,
	})
	e.headers = shard.SideOfLeases[Headers](e.leases)
	// Every lease may stand on a page of its own.
	e.pages = shard.NewPages(e.domain, e.arena, o.Shards, o.MaxLeases, ring)
	e.sockets = shard.NewSockets(e.domain, e.arena, o.Shards, o.MaxSockets, o.MaxSocketEntries, ring)
	e.flows = shard.NewFlows(e.domain, e.arena, e.sockets, o.Shards, o.MaxFlows, secret, ring)
	e.nsSlots = shard.NewSlab[uint32](e.domain, e.arena, o.Shards, o.MaxNamespaces,
		shard.Kind{Reclaim: e.namespaceReclaimed, Ring: ring})
	e.namespaces = shard.NewSide[Namespace](e.nsSlots)
}

// errEngineClosed is ErrClosed for the engine itself.
var errEngineClosed = fmt.Errorf("%w: the engine", ErrClosed)

// now returns the engine's time in nanoseconds.
func (e *Engine) now() int64 { return max(int64(e.clock()-e.start), 0) }

// enter begins a control operation: a read-side section from its first look at
// an index cell to its last change. It returns the section, to be left with
// leave, and the caller's shard.
func (e *Engine) enter() (*rcu.Reader, uint32) {
	r := e.domain.Borrow()
	return r, uint32(r.Index()) & (e.shards - 1)
}

// leave ends what enter began. A deferred call of it keeps the engine reachable,
// and with it the memory of the slots that the operation looks at.
func (e *Engine) leave(r *rcu.Reader) {
	e.domain.Return(r)
	runtime.KeepAlive(e)
}

// Namespace makes a namespace: labels in different namespaces have nothing to
// do with each other. The name is for the program's use. The errors are
// ErrOption, ErrNameTaken, ErrTableFull and ErrClosed.
//
// Cost: 16 KiB for its index, and a lock of the registry.
func (e *Engine) Namespace(name string, o NamespaceOptions) (*Namespace, error) {
	settings := DefaultSettings()
	if o.Settings != nil {
		settings = *o.Settings
	}
	if err := settings.check(); err != nil {
		return nil, err
	}
	r, at := e.enter()
	defer e.leave(r)
	if e.closed.Load() {
		return nil, errEngineClosed
	}
	if !e.openNamespaces.take() {
		return nil, fmt.Errorf("%w: namespaces", ErrTableFull)
	}
	id, ok := e.nsSlots.Alloc(at)
	if !ok {
		e.openNamespaces.give()
		return nil, fmt.Errorf("%w: namespaces", ErrTableFull)
	}
	n := newNamespace(e, name, id, settings)
	e.namespaces.Set(id, n) // before Lookup can find it: its leases may die at once
	if _, taken := e.registry.LoadOrStore(name, n); taken {
		e.namespaces.Clear(id)
		e.nsSlots.Release(id)
		e.openNamespaces.give()
		return nil, fmt.Errorf("%w: %q", ErrNameTaken, name)
	}
	if e.closed.Load() { // Close may not have seen it
		_ = n.Close()
		return nil, errEngineClosed
	}
	return n, nil
}

// Lookup returns the namespace of that name, and false when there is none.
//
// Cost: a lock-free lookup in a hash map.
func (e *Engine) Lookup(name string) (*Namespace, bool) { return e.registry.Load(name) }

// namespaceReclaimed forgets a namespace whose leases are all gone.
func (e *Engine) namespaceReclaimed(id uint32) bool {
	e.namespaces.Clear(id)
	return true
}

// Close closes every namespace, and with them their sockets and leases, and
// ends the engine's goroutine. Calls in progress finish, or fail with
// ErrClosed; all later ones do. Readers may go on and leave in their own time.
// Close may be called several times; it returns nil.
//
// The memory is given back once the engine, its readers, namespaces and sockets
// are unreachable.
//
// Cost: that of Namespace.Close for each namespace.
func (e *Engine) Close() error {
	e.closed.Store(true)
	e.registry.Range(func(_ string, n *Namespace) bool {
		_ = n.Close() // always nil
		return true
	})
	e.driver.stop()
	return nil
}

// leaseReclaimed gives up what stood beside a lease, now that nobody sees it.
func (e *Engine) leaseReclaimed(id uint32, l *shard.Lease) {
	if l.Headers != 0 {
		e.clearHeaders(id, int(l.Headers))
	}
}
