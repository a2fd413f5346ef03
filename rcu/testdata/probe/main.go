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

//go:noinline
func pinned(d *rcu.Domain, link *atomic.Uint64) uint64 {
	s := d.Pin()
	v := link.Load()
	s.Unpin()
	return v
}

//go:noinline
func publish(from, to *atomic.Uint64, signed *atomic.Int64) uint64 {
	rcu.Publish(to, from.Load()+1)
	rcu.PublishInt(signed, int64(from.Load()))
	return from.Load()
}

func main() {
	d := rcu.New(rcu.Options{})
	link := new(atomic.Uint64)
	os.Exit(int(section(d.Register("probe"), link) + pinned(d, link) + publish(link, link, new(atomic.Int64))))
}
