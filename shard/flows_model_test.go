package shard

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// plainOwner is a socket that flows are bound to.
type plainOwner struct {
	id, generation uint32
	slot           *Socket
	open           bool
	gone           bool // its slot is retired
}

// plainFlow is a flow; another one of the same key is another value.
type plainFlow struct{ owner *plainOwner }

// flowSight is what a late reader has: a section, and what it saw in there of one
// key.
type flowSight struct {
	section *section
	dir     *directory
	key     int
	socket  Handle
	line    *line // of a flow that is bound, and its entry
	entry   uint64
	flow    *plainFlow
}

// flowModel is a table of flows beside a map.
type flowModel struct {
	*flowRig
	sections
	owners []*plainOwner
	bound  map[int]*plainFlow // by the key's place in modelKeys
	sights []flowSight
	hogged int // slots of flows that nobody uses
	idle   int // and of sockets
}

// modelKeys are the keys of the histories: some with one hash and some of two
// buckets under the seeds that a table begins with, and random ones.
var modelKeys = func() (keys []Key) {
	for n := range uint64(4) {
		keys = append(keys, craft(knownSeed, place(0, 0, 1<<20, 1), n))
	}
	for n := range uint32(200) {
		keys = append(keys, craft(knownSeed, place(uint64(n%8), 3, n, n/5&1), 0))
	}
	for n := range uint64(400) {
		keys = append(keys, keyOf(n))
	}
	return keys
}()

func newFlowModel(t *rapid.T) *flowModel {
	m := &flowModel{flowRig: &flowRig{rig: newRig()}, bound: make(map[int]*plainFlow)}
	m.sockets = NewSockets(m.domain, m.arena, 2, 6, 8, nil)
	known := rapid.IntRange(0, 3).Draw(t, "times that the seed is known")
	seeds := uint64(0)
	seed := func() uint64 {
		if seeds++; seeds <= uint64(known) {
			return knownSeed
		}
		return seeds * 0x9e3779b97f4a7c15
	}
	limit := rapid.SampledFrom([]int{1, segmentBuckets, 20 * segmentBuckets}).Draw(t, "limit")
	m.flows = NewFlows(m.domain, m.arena, m.sockets, 2, limit, seed, nil)
	if rapid.IntRange(0, 2).Draw(t, "few slots") == 0 {
		m.hogged = m.flows.capacity() - 30
	}
	for range m.hogged {
		m.flows.slab.Alloc(0)
	}
	// A few sockets, so that their slots soon serve again.
	var all []uint32
	for id, ok := m.sockets.slab.Alloc(0); ok; id, ok = m.sockets.slab.Alloc(0) {
		all = append(all, id)
	}
	const few = 4
	for _, id := range all[:few] {
		m.sockets.Release(id)
	}
	m.idle = len(all) - few
	return m
}

// owner draws a socket, open, closing or gone.
func (m *flowModel) owner(t *rapid.T) *plainOwner {
	if len(m.owners) == 0 {
		t.Skip("no socket")
	}
	return rapid.SampledFrom(m.owners[max(0, len(m.owners)-6):]).Draw(t, "socket")
}

// keys draws some keys that stand side by side.
func (m *flowModel) keys(t *rapid.T) (from, to int) {
	from = rapid.IntRange(0, len(modelKeys)-1).Draw(t, "key")
	if rapid.Bool().Draw(t, "one of the first") {
		from %= 8
	}
	n := rapid.SampledFrom([]int{1, 1, 3, 40, 300}).Draw(t, "keys")
	return from, min(from+n, len(modelKeys))
}

func (m *flowModel) openSocket(t *rapid.T) {
	id, slot, generation, ok := m.sockets.Alloc(0)
	if !ok {
		t.Skip("all sockets wait")
	}
	slot.Hides = rapid.IntRange(0, 5).Draw(t, "hides") == 0
	slot.Opened(false)
	m.owners = append(m.owners, &plainOwner{id: id, generation: generation, slot: slot, open: true})
}

// shut closes a socket; its flows may end later.
func (m *flowModel) shut(t *rapid.T) {
	o := m.owner(t)
	if got := m.sockets.Shut(o.slot, o.generation, func(Entry) {}); got != o.open {
		t.Fatalf("Shut: %v", got)
	}
	o.open = false
	if rapid.Bool().Draw(t, "and ends its flows") {
		m.end(t, o)
	}
}

// end ends the flows of a closed socket, which goes.
func (m *flowModel) end(t fataler, o *plainOwner) {
	if o.open || o.gone {
		return
	}
	want := 0
	for i, fl := range m.bound {
		if fl.owner == o {
			delete(m.bound, i)
			want++
		}
	}
	m.inside(func() {
		if got := m.flows.UnbindAll(o.slot); got != want {
			t.Fatalf("%d flows end with their socket, want %d", got, want)
		}
		m.sockets.Retire(o.id)
	})
	o.gone = true
}

// publish puts a label on a socket's list, or takes one off.
func (m *flowModel) publish(t *rapid.T) {
	o, label := m.owner(t), rapid.Uint32Range(1, 3).Draw(t, "label")
	for range rapid.SampledFrom([]int{1, 1, 1, 6}).Draw(t, "times") {
		if rapid.IntRange(0, 2).Draw(t, "remove") == 0 {
			m.inside(func() { m.sockets.Remove(o.slot, o.generation, label) })
			continue
		}
		headers := rapid.IntRange(0, 3).Draw(t, "headers") == 0
		m.inside(func() {
			m.sockets.Publish(o.slot, o.generation, 0, NewEntry(1, label, headers), new(Lease), 0, 0)
		})
	}
}

func (m *flowModel) bind(t *rapid.T) {
	o := m.owner(t)
	shard := rapid.Uint32Range(0, 1).Draw(t, "shard")
	for i, to := m.keys(t); i < to; i++ {
		want := Bound
		switch {
		case !o.open:
			want = FlowClosed
		case m.bound[i] != nil:
			want = FlowHeld
		}
		var got Binding
		m.inside(func() { got = m.flows.Bind(&modelKeys[i], o.id, o.slot, o.generation, shard) })
		switch {
		case got == FlowsFull:
			if u, _ := m.flows.Usage(); u.Slots != m.flows.capacity() {
				t.Fatalf("FlowsFull with %d of %d slots in use", u.Slots, m.flows.capacity())
			}
			return
		case got == FlowMemory && want == Bound && m.segmentsShort():
			return
		case got != want:
			t.Fatalf("Bind of key %d: %d, want %d", i, got, want)
		}
		if got == Bound {
			m.bound[i] = &plainFlow{o}
		}
	}
}

// segmentsShort says whether there may be too few segments for a new directory.
func (m *flowModel) segmentsShort() bool {
	_, u := m.flows.Usage()
	most := m.flows.segments.Chunks()*ChunkSlots/segmentBuckets - 1
	return u.Slots+1<<m.flows.maxBits+1<<m.flows.maxBits/8+4 > most
}

func (m *flowModel) unbind(t *rapid.T) {
	o := m.owner(t)
	for i, to := m.keys(t); i < to; i++ {
		if fl := m.bound[i]; fl != nil && rapid.IntRange(0, 3).Draw(t, "of another") != 0 {
			o = fl.owner
		}
		want := m.bound[i] != nil && m.bound[i].owner == o
		m.inside(func() {
			if got := m.flows.Unbind(&modelKeys[i], o.id, o.generation); got != want {
				t.Fatalf("Unbind of key %d: %v", i, got)
			}
		})
		if want {
			delete(m.bound, i)
		}
	}
}

// find asks for keys, some of them more than once, alone and in a burst.
func (m *flowModel) find(t *rapid.T) {
	var keys []Key
	var which []int
	for range rapid.IntRange(1, 3).Draw(t, "runs of keys") {
		for i, to := m.keys(t); i < to; i++ {
			keys, which = append(keys, modelKeys[i]), append(which, i)
		}
	}
	found := slices.Repeat([]Handle{77}, len(keys)+1)
	m.inside(func() {
		m.flows.FindBurst(keys, found)
		for n, i := range which {
			if s := m.flows.Find(&keys[n]); s != found[n] {
				t.Fatalf("key %d is bound to %#x, in a burst to %#x", i, s, found[n])
			}
			m.checkFound(t, i, found[n])
		}
	})
	if found[len(keys)] != 77 {
		t.Fatal("FindBurst writes past the keys")
	}
}

// checkFound checks the socket that a key was found to be bound to, or 0.
func (m *flowModel) checkFound(t *rapid.T, i int, got Handle) {
	want := Handle(0)
	if fl := m.bound[i]; fl != nil {
		want = NewHandle(fl.owner.id, fl.owner.generation)
	}
	if got != want {
		t.Fatalf("key %d is bound to %#x, want %#x", i, got, want)
	}
}

// look begins a section in which a reader looks at a key, and looks again later.
func (m *flowModel) look(t *rapid.T) {
	m.enter(m.rig)
	d := m.flows.dir.Load()
	if d == nil {
		return
	}
	from, to := m.keys(t)
	for i := from; i < to; i++ {
		s := flowSight{
			section: m.open[len(m.open)-1], dir: d, key: i, socket: m.flows.Find(&modelKeys[i]), flow: m.bound[i],
		}
		if s.flow != nil {
			s.line = m.flows.segments.At(m.flows.At(m.flows.slotOf(&modelKeys[i])).bucket.Load())
			s.entry = s.line[entryWord].Load()
		}
		m.sights = append(m.sights, s)
	}
}

func (m *flowModel) leaveOne(t *rapid.T) {
	if len(m.open) == 0 {
		t.Skip("no section")
	}
	m.leave(m.rig, rapid.IntRange(0, len(m.open)-1).Draw(t, "section"))
	m.sights = slices.DeleteFunc(m.sights, func(s flowSight) bool { return !s.section.open })
}

// split splits the segment of a key, whether it is full or not.
func (m *flowModel) split(t *rapid.T) {
	k := &modelKeys[rapid.IntRange(0, len(modelKeys)-1).Draw(t, "key")]
	m.inside(func() {
		if g, ok := m.flows.hold(k); ok {
			g.lock.Unlock()
			if g.word.depth() < m.flows.maxBits {
				if !m.flows.split(g, 0) && !m.segmentsShort() {
					t.Fatal("no memory to split with")
				}
			}
		}
	})
}

func (m *flowModel) reseed() {
	m.inside(func() { m.flows.reseed(m.flows.dir.Load(), 1) })
}

// check looks at the whole table, and through the eyes of late readers: a bucket
// that has the entry that it had has the same flow, and what a reader would find
// from where it stands is there.
func (m *flowModel) check(t *rapid.T) {
	m.flows.check(t, len(m.bound))
	for _, s := range m.sights {
		if s.flow == nil {
			continue
		}
		k := &modelKeys[s.key]
		if now, _ := s.line.holds(k); s.line[entryWord].Load() == s.entry && now != s.socket {
			t.Fatalf("the flow of key %d is another's under the eyes of a reader", s.key)
		}
		if m.bound[s.key] != s.flow {
			continue
		}
		h := s.dir.hash(k)
		if late := m.flows.search(s.dir.word(h).run(), h, k); late != s.socket {
			t.Fatalf("key %d is bound to %#x; late readers find %#x", s.key, s.socket, late)
		}
	}
}

// finish ends everything and checks what is left.
func (m *flowModel) finish(t *rapid.T, drain func(...collector)) {
	for len(m.open) > 0 {
		m.leave(m.rig, 0)
	}
	for _, o := range m.owners {
		if o.open {
			m.sockets.Shut(o.slot, o.generation, func(Entry) {})
			o.open = false
		}
		m.end(t, o)
	}
	drain(m.flows, m.sockets)
	segments := 0
	if d := m.flows.dir.Load(); d != nil {
		d.runs(func(uint32) { segments++ })
	}
	flows, buckets := m.flows.Usage()
	sockets, _ := m.sockets.Usage()
	if flows.Slots != m.hogged || buckets.Slots != segments || sockets.Slots != m.idle {
		t.Fatalf("at the end %d slots of flows (%d never used), %d runs for %d segments, %d sockets (%d never used)",
			flows.Slots, m.hogged, buckets.Slots, segments, sockets.Slots, m.idle)
	}
	m.flows.check(t, 0)
}

// TestFlowModel compares a table of flows with a map on random histories, in
// which it splits and changes its seed more often than it would by itself. A
// round of histories without a split, or without a seed that a flood forced, is
// no proof: another is asked for.
func TestFlowModel(t *testing.T) {
	splits, floods := 0, int64(0)
	for range 50 {
		rapid.Check(t, func(rt *rapid.T) {
			s, f := flowHistory(t, rt)
			splits += s
			floods += f
		})
		if t.Failed() || splits > 0 && floods > 0 {
			break
		}
	}
	t.Logf("%d words in the directories at the end, %d new seeds by floods", splits, floods)
	if splits == 0 || floods == 0 {
		t.Error("the histories are too tame")
	}
}

// flowHistory runs one random history. It returns how many words its directory
// had beyond the first, and how many new seeds floods forced.
func flowHistory(t *testing.T, rt *rapid.T) (splits int, floods int64) {
	m := newFlowModel(rt)
	forced := int64(0)
	rt.Repeat(map[string]func(*rapid.T){
		"open":      m.openSocket,
		"shut":      m.shut,
		"end":       func(t *rapid.T) { m.end(t, m.owner(t)) },
		"bind":      m.bind,
		"bind more": m.bind,
		"publish":   m.publish,
		"unbind":    m.unbind,
		"find":      m.find,
		"look":      m.look,
		"leave":     m.leaveOne,
		"split":     m.split,
		"reseed": func(*rapid.T) {
			before := m.flows.Reseeds()
			m.reseed()
			forced += m.flows.Reseeds() - before
		},
		"collect": func(t *rapid.T) { m.flows.Collect(rapid.Uint32Range(0, 1).Draw(t, "shard")) },
		"advance": func(*rapid.T) { m.advance(); m.sockets.Collect(0) },
		"":        m.check,
	})
	if d := m.flows.dir.Load(); d != nil {
		splits = len(d.words) - 1
	}
	floods = m.flows.Reseeds() - forced
	m.finish(rt, func(cs ...collector) { m.drain(t, 2, cs...) })
	return splits, floods
}
