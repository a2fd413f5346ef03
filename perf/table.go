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
	fmt.Fprintf(w, "load: %s sockets in %d namespaces, %d of them open; %d workers, %d controllers\n",
		grouped(r.sockets), r.spaces, r.open, r.cores, r.controllers)
	fmt.Fprintf(w, "engine: native rules, minimum linger %v; %.1f s\n\n", minLinger, r.elapsed.Seconds())
	t := table{w}
	r.printPackets(t)
	r.printLeases(t)
	r.printErrors(t)
	r.printTop(t)
	t.row("verified", grouped(r.verified), "%.2f %% of the packets; %s passed over in motion",
		100*float64(r.verified)/float64(max(r.sent, 1)), grouped(r.passedOver))
	t.row("mismatches", grouped(r.mismatches), "")
}

func (r *result) printPackets(t table) {
	t.row("packets", grouped(r.sent), "")
	t.row("packets a second", grouped(int64(r.rate)), "in all")
	t.row("packets a second a core", grouped(int64(r.rate)/int64(r.cores)), "")
	t.row("ns a packet", fixed(r.nanos), "check and rewrite, the median batch; %s on average, interruptions included", fixed(r.mean))
	t.row("allowed", grouped(r.verdicts[core.Allowed]), "")
	t.row("allowed with headers", grouped(r.verdicts[core.AllowedWithHeaders]), "")
	t.row("refused", grouped(r.verdicts[core.Refused]), "")
	t.row("stale", grouped(r.verdicts[core.Stale]), "sent by a closed socket")
}

func (r *result) printLeases(t table) {
	s := &r.stats
	t.row("control moves", grouped(r.moves), "%s a second", grouped(int64(float64(r.moves)/r.elapsed.Seconds())))
	t.row("leases alive", grouped(s.Leases), "%s with users, the others linger", grouped(r.used))
	t.row("created", grouped(s.Created), "")
	t.row("joined", grouped(s.Joined), "")
	t.row("revived", grouped(s.Revived), "")
	t.row("renewed", grouped(s.Renewed), "")
	t.row("put", grouped(s.Put), "")
	t.row("lingered out", grouped(s.Expired), "")
	t.row("reclaimed", grouped(s.Reclaimed), "")
	t.row("reused", grouped(s.Reused), "leases in the place of an earlier one")
	t.row("labels taken again", grouped(r.retaken), "after lingering out")
	t.row("bytes per lease", fixed(r.bytesPerLease()), "alive, with its share of index and lists")
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
