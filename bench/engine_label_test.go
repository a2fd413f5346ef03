package bench

import (
	"sync"
	"testing"
	"time"

	"github.com/flowlabel/flowlabel/rcu"
	"github.com/flowlabel/flowlabel/shard"
)

// labelTables are the engine's label index and leases, with all labels in use
// that the benchmarks look up.
type labelTables struct {
	domain *rcu.Domain
	index  *shard.Index
	leases *shard.Leases
}

var labelTable = sync.OnceValue(func() *labelTables {
	arena := shard.NewArena()
	t := &labelTables{domain: rcu.New(rcu.Options{})}
	t.index = shard.NewIndex(shard.NewPages(t.domain, arena, 1, 1<<13, nil))
	t.leases = shard.NewLeases(t.domain, arena, 1, benchLeases, time.Second, 0, shard.Hooks{})
	r := t.domain.Borrow()
	defer t.domain.Return(r)
	for i, label := range labels().in {
		id, l, ok := t.leases.Alloc(0)
		if !ok {
			panic("no slot")
		}
		l.Label, l.Share = label, labels().shares[i]
		t.leases.Born(id, l, 0, int64(time.Second), 0)
		if holds, ok := t.index.Claim(label, 0, id, 0); !ok || holds != id {
			panic("no cell")
		}
	}
	return t
})

// labelEngine looks labels up one by one, each in a section of its own.
func labelEngine(testing.TB) rival[uint32] {
	return rival[uint32]{name: "engine", worker: func() (lookup[uint32], func()) {
		t := labelTable()
		r := t.domain.Register("bench")
		return func(labels []uint32) (sum uint64) {
			for _, label := range labels {
				r.Enter()
				if id := t.index.Lookup(label); id != 0 {
					sum += uint64(t.leases.At(id).Share)
				}
				r.Exit()
			}
			return sum
		}, r.Close
	}}
}

// labelEngineBurst looks up 32 at a time, each burst in a section.
func labelEngineBurst(testing.TB) rival[uint32] {
	return rival[uint32]{name: "engine", worker: func() (lookup[uint32], func()) {
		t := labelTable()
		r := t.domain.Register("bench")
		return func(labels []uint32) (sum uint64) {
			var ids [burst]uint32
			for len(labels) > 0 {
				n := min(burst, len(labels))
				r.Enter()
				for i, label := range labels[:n] {
					ids[i] = t.index.Lookup(label)
				}
				for _, id := range ids[:n] {
					if id != 0 {
						sum += uint64(t.leases.At(id).Share)
					}
				}
				r.Exit()
				labels = labels[n:]
			}
			return sum
		}, r.Close
	}}
}
