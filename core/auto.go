package core

import (
	"fmt"

	"github.com/dchest/siphash"

	"github.com/flowlabel/flowlabel/shard"
)

// AutoChoice is what a socket has chosen about automatic labels. Linux calls the
// option IPV6_AUTOFLOWLABEL.
type AutoChoice uint8

// The choices. Settings.AutoLabels says when they count.
const (
	AutoDefault AutoChoice = iota // as the settings say for sockets that have not chosen
	AutoOff
	AutoOn
)

// The modes of Settings.AutoLabels.
const (
	autoNever  = 0
	autoOptOut = 1
	autoOptIn  = 2
	autoAlways = 3
)

// ChooseAutoLabels says whether the socket's packets get an automatic label when
// they have no other, where Settings.AutoLabels leaves it to the socket. The
// errors are ErrOption and ErrClosed.
//
// Cost: a compare-and-swap. No lock, no allocation.
func (s Socket) ChooseAutoLabels(c AutoChoice) error {
	if c > AutoOn {
		return fmt.Errorf("%w: AutoChoice %d", ErrOption, c)
	}
	r, _, err := s.enter()
	if err != nil {
		return err
	}
	defer s.ns.eng.leave(r)
	marks := [...]uint32{AutoOff: shard.CurrentAutoOff, AutoOn: shard.CurrentAutoOn}[c]
	s.change(func(w uint32) uint32 { return w&^(shard.CurrentAutoOff|shard.CurrentAutoOn) | marks })
	return nil
}

// AutoLabels says what the socket's choice comes to by the settings: its own
// where it has made one, else the settings'. The error is ErrClosed.
//
// Cost: three loads.
func (s Socket) AutoLabels() (bool, error) {
	if s.slot == nil {
		return false, s.gone()
	}
	w := s.slot.Current.Load()
	if err := s.open(); err != nil { // if it is, what was loaded is its own
		return false, err
	}
	if w&(shard.CurrentAutoOff|shard.CurrentAutoOn) != 0 {
		return w&shard.CurrentAutoOn != 0, nil
	}
	mode := s.ns.settings().AutoLabels
	return mode == autoOptOut || mode == autoAlways, nil
}

// change applies f to the socket's current label and its marks.
func (s Socket) change(f func(uint32) uint32) {
	for {
		w := s.slot.Current.Load()
		if s.slot.Current.CompareAndSwap(w, f(w)) {
			return
		}
	}
}

// autoKey is the secret key of the hash that automatic labels come from. A weak
// or known key would let observers tell flows, or a machine, apart.
type autoKey struct{ k0, k1 uint64 }

func newAutoKey() autoKey { return autoKey{secret(), secret()} }

// auto returns the automatic label of a flow of the namespace, 0 if it is to have
// none. current is the word of the socket, 0 without one. The key may be of any
// namespace.
//
// It is a keyed hash of the flow, so that all its packets have the same one
// (RFC 6437, section 3), folded to 20 bits. 0 would mean "no label" and is passed
// over.
func (k *autoKey) auto(n *Namespace, current uint32, key *shard.Key) Label {
	settings := n.packed.Load()
	if !autoWanted(settings, current) {
		return 0
	}
	var own shard.Key
	own.Set(key, n.id)
	h := siphash.Hash(k.k0, k.k1, own[:])
	label := Label(h^h>>20^h>>40) & MaxLabel
	if settings&stateRangesBit != 0 && !faulty(faultAutoRange) {
		return label | StatelessBit
	}
	return max(label, 1)
}

func autoWanted(settings, current uint32) bool {
	switch settings >> autoLabelsShift & 0xff {
	case autoOptOut:
		return current&shard.CurrentAutoOff == 0
	case autoOptIn:
		return current&shard.CurrentAutoOn != 0 || faulty(faultAutoForAll)
	case autoAlways:
		return true
	}
	return false // autoNever
}
