package shard

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// plainLease is what a lease is, without words, wheels and marks.
type plainLease struct {
	untouched       bool // nobody has done anything with it since its creation, or its revival
	held            bool // somebody has had a user ever since its creation
	users           int
	linger, expires int64
	generation      uint64
}

// use counts as a use at time now: the lease lingers from then if nobody uses it any
// longer, and else from when the last one has gone.
func (p *plainLease) use(now int64) {
	if p.users == 0 {
		p.expires = max(p.expires, now+p.linger)
	}
}

// lifeModel is leases beside their plain form, in virtual time.
type lifeModel struct {
	*rig
	sections
	leases *Leases
	shards uint32
	now    int64
	longs  int // long steps that time may still take

	live       map[uint32]*plainLease
	dead       map[uint32][]*section // by id: the sections that were open at its death
	generation map[uint32]uint64
	died       []uint32 // told by Dead since the last look
	rings      []uint32
	wrong      error
}

func newLifeModel(t *rapid.T) *lifeModel {
	m := &lifeModel{
		rig: newRig(), live: make(map[uint32]*plainLease), dead: make(map[uint32][]*section),
		generation: make(map[uint32]uint64), longs: 3,
		shards: rapid.SampledFrom([]uint32{1, 2}).Draw(t, "shards"),
		// The counter of ticks starts at 0, short of its change of sign, and short
		// of its wrap.
		now: rapid.SampledFrom([]int64{0, 1<<31 - 20, 1<<32 - 20}).Draw(t, "first tick") * int64(testTick),
	}
	m.leases = NewLeases(m.domain, m.arena, int(m.shards), 4*ChunkSlots, testTick, m.now, Hooks{
		Dead:      func(id uint32, _ *Lease) { m.died = append(m.died, id) },
		Reclaimed: m.reclaimed,
		Ring:      func(deadline uint32) { m.rings = append(m.rings, deadline) },
	})
	return m
}

func (m *lifeModel) reclaimed(id uint32, _ *Lease) {
	open, waits := m.dead[id]
	if !waits || anyOpen(open) {
		m.wrong = fmt.Errorf("lease %d reclaimed; it waits: %v, is seen: %v", id, waits, anyOpen(open))
	}
	delete(m.dead, id)
	m.generation[id]++
}

// span draws a time of a few ticks, or none, whole and broken.
func span(t *rapid.T, name string) int64 {
	return rapid.Int64Range(0, 6).Draw(t, name+" in half ticks") * int64(testTick) / 2
}

func ticksUp(at int64) int64 { return (at + int64(testTick) - 1) / int64(testTick) }

func (m *lifeModel) create(t *rapid.T) {
	id, l, ok := m.leases.Alloc(rapid.Uint32Range(0, m.shards-1).Draw(t, "shard"))
	if _, waits := m.dead[id]; !ok || m.live[id] != nil || waits {
		t.Fatalf("Alloc: slot %d, %v", id, ok)
	}
	p := &plainLease{untouched: true, held: true, users: 1, linger: span(t, "linger"), expires: m.now + span(t, "expires"), generation: m.generation[id]}
	m.leases.Born(id, l, p.linger, p.expires)
	if rapid.IntRange(0, 9).Draw(t, "unborn") == 0 {
		m.leases.Unborn(id, l)
		return
	}
	m.live[id] = p
}

// pick draws one of the live leases that pass the filter.
func (m *lifeModel) pick(t *rapid.T, name string, filter func(*plainLease) bool) (uint32, *plainLease, *Lease) {
	var ids []uint32
	for id, p := range m.live {
		if filter(p) {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		t.Skip("no such lease")
	}
	slices.Sort(ids)
	id := rapid.SampledFrom(ids).Draw(t, name)
	return id, m.live[id], m.leases.At(id)
}

func anyLease(*plainLease) bool  { return true }
func hasUser(p *plainLease) bool { return p.users > 0 }

func (m *lifeModel) take(t *rapid.T) {
	_, p, l := m.pick(t, "lease", anyLease)
	revive := rapid.Bool().Draw(t, "revive")
	want := Taken
	if p.users == 0 && !revive {
		want = Lingering
	} else {
		p.untouched = p.users == 0
		p.users++
	}
	if got := l.Take(revive); got != want {
		t.Fatalf("Take: %d, want %d", got, want)
	}
}

// put gives up a user with or without a use, and checks who is told of it.
func (m *lifeModel) put(t *rapid.T, drop bool) {
	id, p, l := m.pick(t, "lease", hasUser)
	filed := l.word.Load()&filedMark != 0
	p.users--
	m.rings = nil
	switch {
	case drop:
		p.use(m.now)
		m.leases.Drop(id, l, at(m.now))
	case p.users > 0 || p.untouched:
		m.leases.Undo(id, l, at(m.now))
	default: // for those who have used it meanwhile
		p.use(m.now)
		m.leases.Undo(id, l, at(m.now))
	}
	p.untouched, p.held = false, p.held && p.users > 0
	var want []uint32
	if p.users == 0 && !filed {
		want = []uint32{uint32(ticksUp(p.expires))}
	}
	if !slices.Equal(m.rings, want) {
		t.Fatalf("rings %v, want %v", m.rings, want)
	}
}

func (m *lifeModel) touch(t *rapid.T) {
	_, p, l := m.pick(t, "lease", anyLease)
	p.untouched = false
	p.use(m.now)
	l.Touch(m.now)
}

func (m *lifeModel) raise(t *rapid.T) {
	_, p, l := m.pick(t, "lease", hasUser)
	linger, expires := span(t, "linger"), m.now+span(t, "expires")
	p.linger, p.expires = max(p.linger, linger), max(p.expires, expires)
	l.Raise(linger, expires)
}

func (m *lifeModel) purge(t *rapid.T) {
	id, p, l := m.pick(t, "lease", anyLease)
	want := p.users == 0
	if got := m.leases.Purge(id, l); got != want {
		t.Fatalf("Purge of a lease with %d users: %v", p.users, got)
	}
	if want {
		m.bury(t, []uint32{id})
	}
}

func (m *lifeModel) abandon(t *rapid.T) {
	id, p, l := m.pick(t, "lease", func(p *plainLease) bool { return p.held })
	if got := m.leases.Abandon(id, l); got != p.untouched {
		t.Fatalf("Abandon: %v, untouched: %v", got, p.untouched)
	}
	if p.untouched {
		m.bury(t, []uint32{id})
	}
}

// outlive does to dead leases what somebody may who has found them before.
func (m *lifeModel) outlive(t *rapid.T) {
	for id := range m.dead {
		l := m.leases.At(id)
		l.Touch(m.now)
		if l.Take(true) != Gone || m.leases.Purge(id, l) || m.leases.Abandon(id, l) {
			t.Fatalf("lease %d is dead, and was taken or ended again", id)
		}
	}
}

// bury checks that exactly the given leases have died, each once.
func (m *lifeModel) bury(t *rapid.T, want []uint32) {
	slices.Sort(want)
	slices.Sort(m.died)
	if !slices.Equal(m.died, want) {
		t.Fatalf("leases %v died, it should have been %v", m.died, want)
	}
	for _, id := range m.died {
		delete(m.live, id)
		m.dead[id] = m.sections.now()
	}
	m.died = nil
}

// due returns the leases of a shard whose deadline has come.
func (m *lifeModel) due(shard uint32) (ids []uint32) {
	for id, p := range m.live {
		if p.users == 0 && m.leases.slab.Owner(id) == shard && ticksUp(p.expires) <= m.now/int64(testTick) {
			ids = append(ids, id)
		}
	}
	return ids
}

func (m *lifeModel) expire(t *rapid.T) {
	shard := rapid.Uint32Range(0, m.shards-1).Draw(t, "shard")
	due := m.due(shard)
	budget := rapid.SampledFrom([]int{1, 2, math.MaxInt, math.MaxInt}).Draw(t, "budget")
	buried, more := m.leases.Expire(shard, m.now, budgetOf(budget))
	if buried != len(m.died) || more && budget == math.MaxInt {
		t.Fatalf("Expire: %d, %v; %d died", buried, more, len(m.died))
	}
	if more { // then those that died must be among those due
		due = slices.DeleteFunc(due, func(id uint32) bool { return !slices.Contains(m.died, id) })
	}
	m.bury(t, due)
}

// pass lets time go on, and the wheels follow.
func (m *lifeModel) pass(t *rapid.T) {
	step := rapid.Int64Range(0, 9).Draw(t, "half ticks")
	if step == 9 && m.longs > 0 {
		m.longs--
		step = 1 << 29
	}
	m.now += step * int64(testTick) / 2
}

func (m *lifeModel) check(t *rapid.T) {
	if m.wrong != nil {
		t.Fatal(m.wrong)
	}
	filed := 0
	earliest := make(map[uint32]int64) // by shard: the first deadline of those that linger
	for id, p := range m.live {
		l, shard := m.leases.At(id), m.leases.slab.Owner(id)
		w := l.word.Load()
		users, live := l.Users()
		if !live || users != p.users || l.Expires() != p.expires || l.Linger() != p.linger || w>>generationShift != p.generation {
			t.Fatalf("lease %d: word %#x, linger %d, expires %d; want %+v", id, w, l.Linger(), l.Expires(), *p)
		}
		in := m.leases.wheels[shard].wheel.Filed(id)
		if in != (w&filedMark != 0) || !in && users == 0 {
			t.Fatalf("lease %d: word %#x, in the wheel: %v", id, w, in)
		}
		if in {
			filed++
		}
		if at, known := earliest[shard]; users == 0 && (!known || p.expires < at) {
			earliest[shard] = p.expires
		}
	}
	if got := m.leases.Filed(); got != filed {
		t.Fatalf("%d filed, want %d", got, filed)
	}
	for shard, deadline := range earliest {
		deadline = max(ticksUp(deadline), m.now/int64(testTick)) * int64(testTick)
		if at, ok := m.leases.Next(shard, m.now); !ok || at > deadline {
			t.Fatalf("next deadline of shard %d: %d, %v; one comes at %d", shard, at, ok, deadline)
		}
	}
	if u := m.leases.Usage(); u.Slots != len(m.live)+len(m.dead) {
		t.Fatalf("%d slots in use, %d live and %d dead", u.Slots, len(m.live), len(m.dead))
	}
}

// finish lets every user go and all lingers end: nothing may be left.
func (m *lifeModel) finish(t *rapid.T) {
	for len(m.open) > 0 {
		m.leave(m.rig, 0)
	}
	for id, p := range m.live {
		for ; p.users > 0; p.users-- {
			m.leases.Drop(id, m.leases.At(id), at(m.now))
		}
	}
	m.now += 4 * int64(testTick)
	for shard := range m.shards {
		m.leases.Expire(shard, m.now, budgetOf(math.MaxInt))
	}
	for range 8 {
		for shard := range m.shards {
			m.leases.Collect(shard)
		}
		m.advance()
	}
	if u := m.leases.Usage(); u.Slots != 0 || m.leases.Filed() != 0 {
		t.Fatalf("%d slots in use and %d filed at the end", u.Slots, m.leases.Filed())
	}
}

// TestLifeModel compares leases with their plain form on random histories: one
// dies at the first expiry that comes not before its deadline, unless it has
// users; not earlier, not later, not never.
func TestLifeModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newLifeModel(t)
		t.Repeat(map[string]func(*rapid.T){
			"create":  m.create,
			"take":    m.take,
			"drop":    func(t *rapid.T) { m.put(t, true) },
			"undo":    func(t *rapid.T) { m.put(t, false) },
			"touch":   m.touch,
			"raise":   m.raise,
			"purge":   m.purge,
			"abandon": m.abandon,
			"outlive": m.outlive,
			"pass":    m.pass,
			"expire":  m.expire,
			"collect": func(t *rapid.T) { m.leases.Collect(rapid.Uint32Range(0, m.shards-1).Draw(t, "shard")) },
			"advance": func(*rapid.T) { m.advance() },
			"enter":   func(*rapid.T) { m.enter(m.rig) },
			"leave": func(t *rapid.T) {
				if len(m.open) == 0 {
					t.Skip("no section is open")
				}
				m.leave(m.rig, 0)
			},
			"": m.check,
		})
		m.finish(t)
	})
}
