package main

import "fmt"

// target is one line of the comparison: a measure, what it is compared with, and
// how large it may be of that.
type target struct {
	row
	unit string
	// than is the rival's measure, in the same unit; without an impl atMost is
	// an absolute number.
	than row
	// less is taken from the rival's measure first, if it has an impl.
	less   row
	atMost float64
}

// what names the target for a reader.
func (t *target) what() string {
	s := t.work
	if t.impl != engine {
		s += ", " + t.impl
	}
	if t.unit != nsPerOp {
		s += ", " + t.unit
	}
	if t.procs != 1 {
		s += fmt.Sprintf(", %d goroutines", t.procs)
	}
	return s
}

// rival names what it is compared with.
func (t *target) rival() string {
	s := t.than.impl
	switch {
	case s == "":
		return ""
	case t.than.work != t.work && t.than.impl == engine:
		s = t.than.work
	case t.than.procs != t.procs:
		s = "one goroutine"
	}
	if t.less.impl != "" {
		s += " less " + t.less.impl
	}
	return s
}

const (
	engine = "engine"
	labels = "leases=524288/hit=100"
	flows  = "flows=1048576/hit=100"
)

// gain is how much less time two goroutines may take for each lookup: a 1.8th.
const gain = 1 / 1.8

// targets are all lines, in the order in which they are shown.
var targets = func() (ts []target) {
	against := func(work string, procs int, rivals ...any) {
		for i := 0; i < len(rivals); i += 2 {
			ts = append(ts, target{
				row: row{work, engine, procs}, unit: nsPerOp,
				than: row{work, rivals[i].(string), procs}, atMost: rivals[i+1].(float64),
			})
		}
	}
	reads := []string{"ReadSection"}
	against("ReadSection", 1, "epoch", 0.10, "rwmutex", 0.10)
	against("ReadSection", 2, "rwmutex", 0.03)
	for _, s := range []struct {
		labels int
		most   float64
	}{{1, 0.20}, {8, 0.20}, {32, 0.15}} {
		work := fmt.Sprintf("SocketLookup/labels=%d/hit=100", s.labels)
		against(work, 1, "kernelalgo", s.most)
		reads = append(reads, work)
	}
	against("LabelLookup/"+labels, 1, "xsync4", 0.40, "dpdk", 0.30, "cds_lfht", 0.20, "syncmap", 0.10, "flat", 1.4)
	against("LabelBurst/"+labels, 1, "dpdk", 0.50)
	against("FlowLookup/"+flows, 1, "dpdk", 0.80, "xsync4", 0.30, "rwmutex", 0.60)
	against("FlowBurst/"+flows, 1, "dpdk", 0.70)
	against("Packet/"+flows, 1, "dpdk", 1.0)
	reads = append(reads, "LabelLookup/"+labels, "LabelBurst/"+labels, "FlowLookup/"+flows, "FlowBurst/"+flows, "Packet/"+flows)
	for _, work := range reads {
		ts = append(ts, target{row: row{work, engine, 2}, unit: nsPerOp, than: row{work, engine, 1}, atMost: gain})
	}
	against("GetPut", 1, "kernel", 0.12)
	const small, large = "Lifecycle/leases=100000", "Lifecycle/leases=1000000"
	against(small, 1, "kernel", 0.30)
	against(large, 1, "kernel", 0.30)
	ts = append(ts, target{row: row{large, engine, 1}, unit: nsPerOp, than: row{small, engine, 1}, atMost: 1.6})
	for _, op := range []string{"add", "cancel", "expire"} {
		against("Timer/op="+op+"/timers=1000000", 1, "antlabs", 0.20, "runtime", 0.20)
	}
	const on, off = "Churn/writer=on", "Churn/writer=off"
	const gc, leases = "GC/leases=1000000", "Memory/leases=1000000"
	against(gc, 1, "map", 0.01)
	return append(ts,
		target{row: row{"Timer/op=expire/timers=1000000", engine, 1}, unit: "ms-early"},
		target{row: row{on, engine, 2}, unit: nsPerOp, than: row{off, engine, 2}, atMost: 1.3},
		target{row: row{gc, engine, 1}, unit: "B-scanned", atMost: 1 << 20},
		target{row: row{leases, engine, 1}, unit: "B/lease", atMost: 112},
		target{row: row{"Memory/namespaces=1000/held=32/cycled=100000", engine, 1}, unit: "MiB", atMost: 64},
		target{
			row: row{"GetPut", "kernelalgo", 1}, unit: nsPerOp,
			than: row{"GetPut", "kernel", 1}, less: row{"GetPut", "syscalls", 1}, atMost: 1,
		},
	)
}()
