package bench

import (
	"testing"

	"github.com/flowlabel/flowlabel/bench/kernelalgo"
	"github.com/flowlabel/flowlabel/core"
)

// BenchmarkGetPut joins a label that another socket holds, and puts it. The row
// syscalls is two system calls that end at the descriptor, which is none.
func BenchmarkGetPut(b *testing.B) {
	b.Run("impl=engine", getPutEngine)
	b.Run("impl=kernelalgo", getPutAlgorithm)
	kernelGetPut(b)
}

func getPutEngine(b *testing.B) {
	eng := newEngine(b, core.Options{})
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
