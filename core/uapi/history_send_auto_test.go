package uapi_test

import (
	"encoding/binary"
	"fmt"

	"github.com/flowlabel/flowlabel/core"
)

// autoLabels are the automatic labels that a world has given.
type autoLabels struct {
	bySymbol map[uint32]uint32
	flows    map[uint32]any // that symbols were last seen with
	byFlow   map[autoFlow]uint32
	zeros    int // labels that came out as "no label"
}

// autoFlow is what has to have the same label in a world.
type autoFlow struct {
	flow   any // comparable
	ranges bool
}

// flowOf is what that is for the engine; for the kernel it is the symbol.
type flowOf struct {
	core.Tuple
	ns int
}

func newAutoLabels() *autoLabels {
	return &autoLabels{bySymbol: map[uint32]uint32{}, flows: map[uint32]any{}, byFlow: map[autoFlow]uint32{}}
}

// check compares a label with the one wanted, which may be a symbol.
func (l *autoLabels) check(m *sendModel, want, got uint32, flow any) string {
	if want&symbol == 0 {
		if got != want {
			return fmt.Sprintf("label %#x, want %#x", got, want)
		}
		return ""
	}
	key := m.autos[want&^symbol]
	given := autoFlow{flow, key.ranges}
	before, known := l.byFlow[given]
	switch {
	case known && got != before:
		return fmt.Sprintf("automatic label %#x, and %#x before", got, before)
	case key.ranges && got&statelessBit == 0:
		return fmt.Sprintf("automatic label %#x without the stateless flag", got)
	case got == 0 && !known:
		l.zeros++
	}
	l.flows[want] = flow
	l.byFlow[given], l.bySymbol[want] = got, got
	return ""
}

// resolve puts the world's own label where the model's answer has a symbol.
func (l *autoLabels) resolve(o outcome) outcome {
	if len(o.optval) >= 20 {
		b := []byte(o.optval)
		if label := binary.BigEndian.Uint32(b[16:]); label&symbol != 0 && len(o.rows) > 0 {
			binary.BigEndian.PutUint32(b[16:], l.bySymbol[label])
			o.optval = string(b)
		}
	}
	return o
}
