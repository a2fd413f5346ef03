package bench

import (
	"testing"

	"github.com/flowlabel/flowlabel/bench/kernelalgo"
	"github.com/flowlabel/flowlabel/core"
)

// BenchmarkGetPut joins a label that another socket holds, and puts it. The row
// enginelinux is the engine under the rules of Linux, which list when each join
// expires; syscalls is two system calls that end at the descriptor, which is none.
func BenchmarkGetPut(b *testing.B) {
	b.Run("impl=engine", func(b *testing.B) { getPutEngine(b, core.Rules{}) })
	b.Run("impl=enginelinux", func(b *testing.B) { getPutEngine(b, core.Linux618()) })
	b.Run("impl=kernelalgo", getPutAlgorithm)
	kernelGetPut(b)
}

func getPutEngine(b *testing.B, rules core.Rules) {
	eng := newEngine(b, core.Options{Rules: rules})
	defer eng.Close()
	ns := newNamespace(b, eng, "bench")
	label := get(b, newSocket(b, ns), core.Request{Share: core.Any, Create: true})
	joiner := newSocket(b, ns)
	req := core.Request{Label: label, Dst: dst, Share: core.Any}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := joiner.Get(req); err != nil {
			b.Fatal(err)
		}
		if err := joiner.Put(label); err != nil {
			b.Fatal(err)
		}
	}
}

func getPutAlgorithm(b *testing.B) {
	var table kernelalgo.Table
	label, err := table.NewSocket(1).Get(&kernelalgo.Request{Share: kernelalgo.Any, Create: true, Linger: 6})
	check(b, err)
	joiner := table.NewSocket(1)
	req := kernelalgo.Request{Dst: dst.As16(), Label: label, Share: kernelalgo.Any, Linger: 6}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := joiner.Get(&req); err != nil {
			b.Fatal(err)
		}
		if err := joiner.Put(label); err != nil {
			b.Fatal(err)
		}
	}
}
