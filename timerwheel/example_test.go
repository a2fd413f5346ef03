package timerwheel_test

import (
	"fmt"
	"sync"

	"github.com/flowlabel/flowlabel/timerwheel"
)

// A table of sessions that end when nobody has used them for a while. The nodes
// stand beside the sessions, and the wheel lets go of the idle ones.
func Example() {
	const idle = 30 // ticks
	var (
		mu    sync.Mutex // owns the wheel
		nodes [8]timerwheel.Node
		names = [8]string{1: "ann", 2: "bob"}
	)
	wheel := timerwheel.New(3, 0) // pages of 8 ids
	wheel.SetPage(0, nodes[:])

	mu.Lock()
	for id := uint32(1); id <= 2; id++ {
		nodes[id].Reset(0 + idle)
		wheel.File(id)
	}
	mu.Unlock()

	// Bob is back at tick 20. This takes no lock and leaves the wheel alone.
	nodes[2].Extend(20 + idle)

	for _, now := range []uint32{29, 30, 49, 50} {
		mu.Lock()
		left := wheel.Advance(now, 100, func(id uint32) {
			fmt.Printf("tick %d: %s has left\n", now, names[id])
		})
		mu.Unlock()
		if left {
			fmt.Println("call again soon")
		}
	}
	// Output:
	// tick 30: ann has left
	// tick 50: bob has left
}
