// Command probe holds one read-side section in another package than rcu, for
// the test that reads what the compiler made of it.
package main

import (
	"os"
	"sync/atomic"

	"github.com/flowlabel/flowlabel/rcu"
)

//go:noinline
func section(r *rcu.Reader, link *atomic.Uint64) uint64 {
	r.Enter()
	v := link.Load()
	r.Exit()
	return v
}

func main() {
	r := rcu.New(rcu.Options{}).Register("probe")
	os.Exit(int(section(r, new(atomic.Uint64))))
}
