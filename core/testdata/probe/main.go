// Command probe checks one packet in another package than core, for the test
// that reads what the compiler inlines.
package main

import (
	"os"

	"github.com/flowlabel/flowlabel/core"
)

//go:noinline
func burst(r *core.Reader, s core.Socket, label core.Label) core.Verdict {
	r.Enter()
	v := r.Check(s, label)
	r.Exit()
	return v
}

func main() {
	eng, err := core.New(core.Options{ManualAdvance: true})
	if err != nil {
		os.Exit(2)
	}
	os.Exit(int(burst(eng.Reader("probe"), core.Socket{}, 1)))
}
