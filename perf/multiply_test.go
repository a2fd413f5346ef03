package main

import (
	"testing"

	"github.com/flowlabel/flowlabel/perf/pkt"
)

// No two flows are the same, their packets are theirs, and every worker,
// controller and namespace has its part of them.
func TestMultiply(t *testing.T) {
	const flows, workers = 1 << 15, 4
	l := newTestLoad(t, flows, workers)
	seen, damaged := make(map[pkt.Key]bool), 0
	for i := range l.flows {
		f := &l.flows[i]
		key, form := pkt.Read(f.packet)
		if form != pkt.Told {
			damaged++
		} else if key != f.key() {
			t.Errorf("%v sends a packet of %+v", f, key)
		}
		if seen[f.key()] {
			t.Errorf("%v is another's, too", f)
		}
		seen[f.key()] = true
	}
	if damaged == 0 || damaged > flows/100 || len(l.strays) == 0 || len(l.strays) > flows/straysOneIn {
		t.Errorf("%d damaged packets, %d without a flow", damaged, len(l.strays))
	}
	many, shared := 0, 0
	inSpace := make(map[*space]int)
	for _, s := range l.socks {
		inSpace[s.space] += len(s.flows)
		if len(s.flows) == manyFlows {
			many++
		}
		if len(s.flows) > 1 {
			shared++
		}
	}
	if many == 0 || shared == 0 || shared == len(l.socks) {
		t.Errorf("of %d sockets %d have several flows, and %d very many", len(l.socks), shared, many)
	}
	for s, n := range inSpace {
		if share := float64(n) / flows * float64(len(l.spaces)); share < 0.7 || share > 1.4 {
			t.Errorf("namespace %d of %d has %d flows", s.number, len(l.spaces), n)
		}
	}
	checkParts(t, l)
}

// checkParts looks whether every flow has one worker and every socket one
// controller.
func checkParts(t *testing.T, l *load) {
	t.Helper()
	worked, workerOf, answers := make(map[*flow]int), make(map[*sock]*worker), 0
	for i, w := range l.workers {
		if len(w.lists) != len(l.spaces) {
			t.Errorf("worker %d sends in %d namespaces of %d", i, len(w.lists), len(l.spaces))
		}
		for _, list := range w.lists {
			for _, f := range list.flows {
				worked[f]++
				workerOf[f.sock] = w
			}
		}
	}
	for _, w := range l.workers {
		for _, list := range w.lists {
			for _, a := range list.answers {
				answers++
				if workerOf[a.flow.sock] != w || !a.flow.sock.answered {
					t.Errorf("%v is answered to another worker", a.flow)
				}
			}
		}
	}
	if answers == 0 || answers != l.answers {
		t.Errorf("%d packets come in of %d", answers, l.answers)
	}
	controlled := make(map[*sock]int)
	for _, c := range l.controllers {
		for _, s := range c.socks {
			controlled[s]++
		}
	}
	for i := range l.flows {
		if f := &l.flows[i]; worked[f] != 1 || controlled[f.sock] != 1 {
			t.Errorf("%v has %d workers and %d controllers", f, worked[f], controlled[f.sock])
		}
	}
}
