package core_test

import (
	"flag"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/flowlabel/flowlabel/core"
)

// BenchmarkGetPut joins a lease that another socket holds, and leaves it.
func BenchmarkGetPut(b *testing.B) {
	x := newRig(b, core.Options{})
	ns := x.space("a")
	label := x.lease(x.socket(ns, 1), 0, core.User, 0)
	s := x.socket(ns, 1)
	req := core.Request{Label: label, Dst: dst1, Share: core.User}
	b.ReportAllocs()
	for b.Loop() {
		x.get(s, req)
		x.put(s, label)
	}
}

// BenchmarkRenew renews a lease of the socket's own.
func BenchmarkRenew(b *testing.B) {
	x := newRig(b, core.Options{})
	s := x.socket(x.space("a"), 1)
	req := core.Request{Label: x.lease(s, 0, core.User, 0), Linger: time.Second}
	b.ReportAllocs()
	for b.Loop() {
		if err := s.Renew(req); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkLifecycle creates a lease with a random label, lets it go, and has its
// share of expiry and reclamation. Each tick sees 256 leases.
func BenchmarkLifecycle(b *testing.B) {
	x := newRig(b, core.Options{})
	s := x.socket(x.space("a"), 1)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		x.put(s, x.lease(s, 0, core.Exclusive, 0))
		if i%256 == 0 {
			x.wait(tick)
		}
	}
}

// BenchmarkCheck checks the last label of a socket's list, alone in its section,
// under each policy.
func BenchmarkCheck(b *testing.B) {
	for _, policy := range []struct {
		name   string
		policy core.Policy
		share  core.Share
	}{
		{"open", core.ExclusiveInNamespace, core.Any},
		{"namespace", core.ExclusiveInNamespace, core.User},
		{"engine", core.ExclusiveInEngine, core.User},
		{"strict", core.Strict, core.Any},
	} {
		for _, labels := range []int{1, 8, 32} {
			b.Run(fmt.Sprintf("policy=%s/labels=%d", policy.name, labels), func(b *testing.B) {
				x := newRig(b, core.Options{Rules: core.Rules{Policy: policy.policy}})
				s := x.socket(x.space("a"), 1)
				var label core.Label
				for range labels {
					label = x.lease(s, 0, policy.share, 0)
				}
				r := x.Reader("bench")
				defer r.Close()
				b.ReportAllocs()
				for b.Loop() {
					r.Enter()
					v := r.Check(s, label)
					r.Exit()
					if v != core.Allowed {
						b.Fatal(v)
					}
				}
			})
		}
	}
}

// many leases n labels in all, 32 a socket.
func many(b *testing.B, o core.Options, n int) *rig {
	x := newRig(b, o)
	ns := x.space("a")
	var s core.Socket
	for i := range n {
		if i%(1<<19) == 0 && i > 0 {
			ns = x.space(fmt.Sprint(i))
		}
		if i%32 == 0 {
			s = x.socket(ns, 1)
		}
		x.lease(s, 0, core.User, 0)
	}
	return x
}

// BenchmarkMemory says how many bytes a lease takes with all that goes with it,
// 32 leases a socket; and what a namespace takes that holds 32 labels and has
// had 100,000.
func BenchmarkMemory(b *testing.B) {
	b.Run("lease", func(b *testing.B) {
		const leases = 500_000
		for b.Loop() {
			x := many(b, core.Options{}, leases)
			b.ReportMetric(float64(accounted(x.Stats()))/leases, "B/lease")
		}
	})
	b.Run("namespace", func(b *testing.B) {
		const spaces = 1000
		for b.Loop() {
			labels := 100_000
			if f := flag.Lookup("test.benchtime"); f != nil && f.Value.String() == "1x" {
				labels = 1000 // it is only to be seen that the benchmark works
			}
			x := cycle(b, spaces, labels)
			b.ReportMetric(float64(accounted(x.Stats()))/spaces, "B/namespace")
		}
	})
}

// BenchmarkGC times a full collection beside 1,000,000 leases, which the
// collector is not to look at, and beside none.
func BenchmarkGC(b *testing.B) {
	for _, leases := range []int{0, 1_000_000} {
		b.Run(fmt.Sprintf("leases=%d", leases), func(b *testing.B) {
			x := many(b, core.Options{}, leases)
			runtime.GC()
			for b.Loop() {
				runtime.GC()
			}
			runtime.KeepAlive(x)
		})
	}
}
