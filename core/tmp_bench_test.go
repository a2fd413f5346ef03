package core_test

import ("testing"; "github.com/flowlabel/flowlabel/core"; "fmt")

func BenchmarkTmp(b *testing.B) {
	x := newPacketBench(b)
	ts := make([]core.Tuple, len(x.packets))
	for i, p := range x.packets { ts[i], _ = core.TupleOf(p) }
	r := x.Reader("bench")
	fmt.Printf("%+v\n", x.Stats().Readers)
	b.Run("each", func(b *testing.B) {
		for i := 0; i < b.N; i++ { r.Enter(); _, ok := r.Find(x.ns, ts[i&(benchBuffers-1)]); r.Exit(); if !ok { b.Fatal() } }
	})
	b.Run("one", func(b *testing.B) {
		r.Enter()
		for i := 0; i < b.N; i++ { _, ok := r.Find(x.ns, ts[i&(benchBuffers-1)]); if !ok { b.Fatal() } }
		r.Exit()
	})
	b.Run("burst", func(b *testing.B) {
		out := make([]core.Socket, 32)
		r.Enter()
		for i := 0; i < b.N; i+=32 { at := i&(benchBuffers-1); r.FindBurst(x.ns, ts[at:at+32], out) }
		r.Exit()
	})
}
