package shard

import (
	"sync"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"
)

// shownModel is a few sockets and flows, of which most have one another.
type shownModel struct {
	*flowRig
	owners []*plainOwner
	keys   []Key
	bound  map[int]*plainOwner // by key
}

func newShownModel(t *rapid.T) *shownModel {
	m := &shownModel{flowRig: &flowRig{rig: newRig()}, bound: make(map[int]*plainOwner)}
	m.sockets = NewSockets(m.domain, m.arena, 2, 8, 8, nil)
	m.flows = NewFlows(m.domain, m.arena, m.sockets, 2, 4*segmentBuckets, func() uint64 { return knownSeed }, nil)
	for range 2 {
		m.owners = append(m.owners, nil)
		m.open(len(m.owners)-1, rapid.IntRange(0, 3).Draw(t, "hides") == 0)
	}
	for n := range uint64(3) { // the second and the third are displaced
		m.keys = append(m.keys, craft(knownSeed, place(0, 0, uint32(1+n), 1), n))
	}
	return m
}

func (m *shownModel) open(i int, hides bool) bool {
	id, s, generation, ok := m.sockets.Alloc(0)
	if ok {
		s.Hides = hides
		s.Opened(false)
		m.owners[i] = &plainOwner{id: id, generation: generation, slot: s, open: true}
	}
	return ok
}

func (m *shownModel) any(t *rapid.T) (i, key int, o *plainOwner) {
	i = rapid.IntRange(0, len(m.owners)-1).Draw(t, "socket")
	return i, rapid.IntRange(0, len(m.keys)-1).Draw(t, "key"), m.owners[i]
}

func (m *shownModel) bind(t *rapid.T) {
	_, k, o := m.any(t)
	want := Bound
	switch {
	case !o.open:
		want = FlowClosed
	case m.bound[k] != nil:
		want = FlowHeld
	}
	if got := m.flows.Bind(&m.keys[k], o.id, o.slot, o.generation, 0); got != want {
		t.Fatalf("Bind: %d, want %d", got, want)
	}
	if want == Bound {
		m.bound[k] = o
	}
}

func (m *shownModel) unbind(t *rapid.T) {
	_, k, _ := m.any(t)
	if o := m.bound[k]; o != nil && m.flows.Unbind(&m.keys[k], o.id, o.generation) {
		delete(m.bound, k)
	}
}

func (m *shownModel) publish(t *rapid.T) {
	_, _, o := m.any(t)
	e := NewEntry(1, rapid.Uint32Range(1, 3).Draw(t, "label"), rapid.IntRange(0, 3).Draw(t, "headers") == 0)
	for range rapid.SampledFrom([]int{1, 1, 1, ownEntries}).Draw(t, "times") {
		m.sockets.Publish(o.slot, o.generation, 0, e, new(Lease), 0, 0)
	}
}

// shut closes a socket; its flows go at once, or when another takes its place.
func (m *shownModel) shut(t *rapid.T) {
	i, _, o := m.any(t)
	m.sockets.Shut(o.slot, o.generation, func(Entry) {})
	o.open = false
	m.check(t)
	if rapid.Bool().Draw(t, "another") && m.open(i, false) {
		m.flows.UnbindAll(o.slot)
		for k := range m.bound {
			if m.bound[k] == o {
				delete(m.bound, k)
			}
		}
	}
}

// check looks at the whole table, and asks in a burst for what each flow shows, and
// for something else.
func (m *shownModel) check(t *rapid.T) {
	m.flows.check(t, len(m.bound))
	var keys []Key
	var shown []uint32
	for k := range m.bound {
		slot := m.flows.slotOf(&m.keys[k])
		keys, shown = append(keys, m.keys[k]), append(shown, m.flows.shownBy(slot, m.flows.At(slot)))
	}
	for _, right := range []bool{true, false} {
		asked, want := make([]uint32, len(keys)), uint64(0)
		for i, label := range shown {
			asked[i] = ShownMark | 9
			if right && label != 0 {
				asked[i] = label
				want |= 1 << i
			}
		}
		if _, got := m.flows.shownTo(keys, asked); got != want {
			t.Fatalf("shown %#x, want %#x", got, want)
		}
	}
}

// shownTo looks up some keys whose packets ask for labels, in a burst, and returns the
// sockets and a bit for each whose flow shows what is asked for.
func (f *Flows) shownTo(keys []Key, asked []uint32) (sockets [OnTheWay]Handle, shown uint64) {
	var l FlowLookups
	if len(keys) == 0 {
		return
	}
	l.Begin(f, keys[0].namespace(), true)
	copy(l.Asked[:], asked)
	l.Hash(keys, 0)
	l.Touch(keys, 0)
	l.Compare(keys, 0)
	return l.Sockets, l.Shown
}

// splitAny splits the segment of a key, if it may be.
func (f *Flows) splitAny(k *Key) {
	if g, ok := f.hold(k); ok {
		g.lock.Unlock()
		if g.word.depth() < f.maxBits {
			f.split(g, 0)
		}
	}
}

// TestShown compares what flows show with what they should, on random histories.
func TestShown(t *testing.T) {
	shows := 0
	for range 50 {
		rapid.Check(t, func(t *rapid.T) { shows += shownHistory(t) })
		if t.Failed() || shows > 100 {
			break
		}
	}
	if shows < 100 {
		t.Errorf("flows showed something %d times only", shows)
	}
}

// shownHistory runs one random history, and returns how often a flow showed something.
func shownHistory(t *rapid.T) (shows int) {
	m := newShownModel(t)
	m.inside(func() {
		t.Repeat(map[string]func(*rapid.T){
			"bind":    m.bind,
			"rebind":  m.bind,
			"unbind":  m.unbind,
			"publish": m.publish,
			"remove": func(t *rapid.T) {
				_, _, o := m.any(t)
				m.sockets.Remove(o.slot, o.generation, rapid.Uint32Range(1, 3).Draw(t, "label"))
			},
			"shut":   m.shut,
			"reseed": func(*rapid.T) { m.flows.reseed(m.flows.dir.Load(), 0) },
			"split":  func(*rapid.T) { m.flows.splitAny(&m.keys[0]) },
			"": func(t *rapid.T) {
				m.check(t)
				for _, o := range m.owners {
					if o.slot.shows {
						shows++
					}
				}
			},
		})
	})
	return shows
}

// TestShownWhileChanging looks for a flow that stays while its socket's label comes and
// goes, or a second flow does, and while its segment is replaced. The flow must be found
// each time, and show nothing that was not on the list at any time during the look; nor
// may it show what a list that is being changed has not yet, or has not any more.
func TestShownWhileChanging(t *testing.T) {
	r := newFlowRig(t, 4*segmentBuckets)
	mine, second := keyOf(1), keyOf(2)
	r.bindAll(t, mine)
	var (
		stop    atomic.Bool
		version atomic.Int64 // 4n+1 and 4n+3 during a change; between them the label is held at 4n+2
		others  sync.WaitGroup
	)
	others.Go(func() {
		e := NewEntry(1, 5, false)
		for n := 0; !stop.Load(); n++ {
			r.inside(func() {
				version.Add(1)
				r.sockets.Publish(r.socket, r.generation, 0, e, new(Lease), 0, 0)
				version.Add(1)
				if n%3 == 0 {
					r.flows.Bind(&second, r.id, r.socket, r.generation, 0)
					r.flows.Unbind(&second, r.id, r.generation)
				}
				version.Add(1)
				r.sockets.Remove(r.socket, r.generation, 5)
				version.Add(1)
			})
		}
	})
	others.Go(func() {
		for n := 0; !stop.Load(); n++ {
			r.inside(func() {
				if r.flows.splitAny(&mine); n%8 == 0 {
					r.flows.reseed(r.flows.dir.Load(), 0)
				}
			})
			r.advance()
			r.flows.Collect(0)
			r.flows.Collect(1)
		}
	})
	looks := findWhileChanging / 4
	if testing.Short() {
		looks /= 20
	}
	want, shows := NewHandle(r.id, r.generation), 0
	for i := 0; i < looks || shows == 0 && i < findWhileChanging; i++ { // the others may be late
		r.inside(func() {
			before, listed := version.Load(), r.socket.own[0].Load() != 0
			found, shown := r.flows.shownTo([]Key{mine}, []uint32{ShownMark | 5})
			still, after := r.socket.own[0].Load() != 0, version.Load()
			alone, plain := r.flows.Find(&mine), r.flows.findPlain(&mine, mine.namespace())
			if found[0] != want || alone != want || plain != want {
				t.Fatalf("found socket %#x in a burst, %#x alone, %#x plainly", found[0], alone, plain)
			}
			if shown == 0 {
				return
			}
			shows++
			if state := before % 4; before == after &&
				(state == 0 || state == 1 && !still || state == 3 && !listed) {
				t.Fatalf("in state %d the flow shows a label that is not on the list", state)
			}
		})
	}
	stop.Store(true)
	others.Wait()
	r.flows.check(t, 1)
	t.Logf("shown %d times", shows)
	if shows == 0 {
		t.Error("the flow never showed anything")
	}
}
