package core

import "fmt"

// Settings are what an administrator sets for a namespace. Linux has them under
// /proc/sys/net/ipv6.
type Settings struct {
	// Consistency forbids sockets to reflect (flowlabel_consistency).
	Consistency bool
	// AutoLabels says how packets without a label get one: 0 never, 1 unless
	// their socket opts out, 2 if their socket opts in, 3 always
	// (auto_flowlabels).
	AutoLabels uint8
	// Reflect is a sum of the replies that carry the label of what they answer:
	// ReflectEstablished, ReflectReset, ReflectEcho (flowlabel_reflect).
	Reflect uint8
	// StateRanges keeps leases out of the labels with StatelessBit
	// (flowlabel_state_ranges).
	StateRanges bool
}

// DefaultSettings are the settings of a namespace that is given none, and
// Linux's own: Consistency on, AutoLabels 1, Reflect 0, StateRanges off.
func DefaultSettings() Settings { return Settings{Consistency: true, AutoLabels: 1} }

// The replies of Settings.Reflect.
const (
	// ReflectEstablished: sockets made while it is set reflect, as if Reflect had
	// been called on each.
	ReflectEstablished = 1
	// ReflectReset: TCP resets that no socket sends.
	ReflectReset = 2
	// ReflectEcho: ICMPv6 echo replies.
	ReflectEcho = 4
)

const (
	maxAutoLabels = 3
	maxReflect    = ReflectEstablished | ReflectReset | ReflectEcho
)

func (s Settings) check() error {
	if s.AutoLabels > maxAutoLabels {
		return fmt.Errorf("%w: Settings.AutoLabels %d, at most %d", ErrOption, s.AutoLabels, maxAutoLabels)
	}
	if s.Reflect > maxReflect {
		return fmt.Errorf("%w: Settings.Reflect %d, at most %d", ErrOption, s.Reflect, maxReflect)
	}
	return nil
}

// Settings in one word, so that they change together.
const (
	consistencyBit  = 1 << 0
	stateRangesBit  = 1 << 1
	autoLabelsShift = 8
	reflectShift    = 16
)

func (s Settings) pack() uint32 {
	w := uint32(s.AutoLabels)<<autoLabelsShift | uint32(s.Reflect)<<reflectShift
	if s.Consistency {
		w |= consistencyBit
	}
	if s.StateRanges {
		w |= stateRangesBit
	}
	return w
}

func unpackSettings(w uint32) Settings {
	return Settings{
		Consistency: w&consistencyBit != 0,
		AutoLabels:  uint8(w >> autoLabelsShift),
		Reflect:     uint8(w >> reflectShift),
		StateRanges: w&stateRangesBit != 0,
	}
}
