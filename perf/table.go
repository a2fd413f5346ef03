package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"

	"github.com/flowlabel/flowlabel/core"
)

// table writes rows of a name, a figure and a remark.
type table struct{ w io.Writer }

func (t table) row(name, figure, remark string, args ...any) {
	if remark != "" {
		remark = "  " + fmt.Sprintf(remark, args...)
	}
	fmt.Fprintf(t.w, "%-40s %14s%s\n", name, figure, remark)
}

// print writes the result as a table.
func (r *result) print(w io.Writer) {
	fmt.Fprintf(w, "capture: %s, %s records, %s packets of IPv6, %s flows\n", r.name,
		grouped(r.capture.Records), grouped(r.capture.Packets), grouped(len(r.capture.Flows)))
	fmt.Fprintf(w, "load: %s flows of %s sockets in %d namespaces, %d of them open; %d workers, %d controllers\n",
		grouped(r.flows), grouped(r.sockets), r.spaces, r.open, r.workers, r.controllers)
	fmt.Fprintf(w, "packets: one for each flow, %s that come in, %s without a flow; %s MiB of them\n",
		grouped(r.answers), grouped(r.strays), grouped(r.bufferBytes>>20))
	fmt.Fprintf(w, "engine: native rules, minimum linger %v; set up in %.1f s, run for %.1f s\n\n",
		minLinger, r.setUp.Seconds(), r.elapsed.Seconds())
	t := table{w}
	t.row("seed", strconv.FormatUint(r.seed, 10), "")
	t.row("burst", grouped(r.burst), "")
	r.printPackets(t)
	r.printTimes(t)
	r.printFlows(t)
	r.printLeases(t)
	r.printErrors(t)
	r.printTop(t)
	t.row("verified", grouped(r.verified), "%.2f %% of the packets; %s passed over in motion",
		100*float64(r.verified)/float64(max(r.sent+r.received, 1)), grouped(r.passedOver))
	t.row("mismatches", grouped(r.mismatches), "")
}

func (r *result) printPackets(t table) {
	n := &r.tally
	t.row("packets", grouped(r.sent), "sent, with those of the last audit")
	t.row("packets a second", grouped(int64(r.rate)), "in all")
	t.row("packets a second a worker", grouped(int64(r.rate)/int64(r.workers)), "")
	t.row("allowed", grouped(n.verdicts[core.Allowed]), "")
	t.row("allowed with headers", grouped(n.verdicts[core.AllowedWithHeaders]), "")
	t.row("refused", grouped(n.verdicts[core.Refused]), "")
	t.row("unbound", grouped(n.verdicts[core.Unbound]), "of flows without a socket at the time")
	t.row("malformed", grouped(n.verdicts[core.Malformed]), "cut short")
	t.row("no ports", grouped(n.verdicts[core.NoPorts]), "later fragments")
	t.row("stale", grouped(n.verdicts[core.Stale]), "sent while their socket closed")
	t.row("labels asked for", grouped(n.explicit), "by the packets themselves")
	t.row("current labels", grouped(n.current), "of connected sockets")
	t.row("reflected labels", grouped(n.reflected), "")
	t.row("automatic labels", grouped(n.automatic), "")
	t.row("without a label", grouped(n.unlabeled), "")
	t.row("headers inserted", grouped(n.inserted), "packets; %s more have headers of their own", grouped(n.leftOut))
	t.row("received", grouped(r.received), "packets; %s of them noted", grouped(r.heard[core.Allowed]))
}

// stageNames are what the stages are called in the table.
var stageNames = [numStages]string{"parse", "flow", "decision", "rewrite"}

func (r *result) printTimes(t table) {
	t.row("ns a packet", fixed(r.sends.median()),
		"the whole path and making it ready again, the median batch; %s on average, interruptions included",
		fixed(r.sends.mean()))
	t.row("ns a received packet", fixed(r.receives.median()), "the median batch")
	for i, name := range stageNames {
		t.row("ns a packet: "+name, fixed(r.stages[i].median()), "median of a sample apart from the main path, %s packets",
			grouped(r.sampled))
	}
}

func (r *result) printFlows(t table) {
	s := &r.stats
	t.row("flows", grouped(s.Flows), "bound at the end")
	t.row("bytes per flow", fixed(r.bytesFor(s.Flows, "flows", "flow buckets")), "bound, with its share of buckets")
	t.row("flows bound", grouped(r.binds), "during the run")
	t.row("flows unbound", grouped(r.unbinds), "by unbinding, or with their socket")
	t.row("sockets opened", grouped(r.opened), "in the place of closed ones")
	t.row("flow table re-seeded", grouped(s.Reseeds), "")
}

func (r *result) printLeases(t table) {
	s := &r.stats
	t.row("control moves", grouped(r.moves), "%s a second", grouped(int64(float64(r.moves)/r.elapsed.Seconds())))
	t.row("leases alive", grouped(s.Leases), "%s with users at the end", grouped(r.used))
	t.row("created", grouped(s.Created), "")
	t.row("joined", grouped(s.Joined), "")
	t.row("revived", grouped(s.Revived), "")
	t.row("renewed", grouped(s.Renewed), "")
	t.row("put", grouped(s.Put), "")
	t.row("lingered out", grouped(s.Expired), "")
	t.row("reclaimed", grouped(s.Reclaimed), "")
	t.row("reused", grouped(s.Reused), "leases in the place of an earlier one")
	t.row("labels taken again", grouped(r.retaken), "after lingering out")
	t.row("bytes per lease", fixed(r.bytesFor(s.Leases, "leases", "socket lists", "index pages", "index roots")),
		"alive, with its share of index and lists")
	for _, use := range s.Memory {
		t.row("memory: "+use.Kind, grouped(use.Bytes), "%s in use, room for %s", grouped(use.InUse), grouped(use.Room))
	}
}

// printErrors writes the errors of control calls, the most frequent one first.
func (r *result) printErrors(t table) {
	kinds := slices.SortedFunc(maps.Keys(r.stats.Refused), func(a, b error) int {
		return cmp.Or(cmp.Compare(r.stats.Refused[b], r.stats.Refused[a]), cmp.Compare(a.Error(), b.Error()))
	})
	for _, err := range kinds {
		t.row("error: "+kindOf(err), grouped(r.stats.Refused[err]), "")
	}
}

func (r *result) printTop(t table) {
	for _, h := range r.top {
		t.row("profile", fmt.Sprintf("%.1f %%", 100*h.share), "%s", h.name)
	}
}

// fixed returns a number with one digit behind the point.
func fixed(x float64) string { return strconv.FormatFloat(x, 'f', 1, 64) }

// grouped returns a number with a comma before each group of three digits.
func grouped[N int | int64](n N) string {
	s := strconv.FormatInt(int64(n), 10)
	for at := len(s) - 3; at > 0 && s[at-1] != '-'; at -= 3 {
		s = s[:at] + "," + s[at:]
	}
	return s
}
