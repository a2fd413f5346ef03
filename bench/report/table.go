package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// comparison is the table of all targets.
func (r *run) comparison() string {
	var b strings.Builder
	b.WriteString("| benchmark | here | beside | there | ratio | at most | |\n|---|--:|---|--:|--:|--:|---|\n")
	for i := range targets {
		t := &targets[i]
		fmt.Fprintf(&b, "| %s | %s |\n", t.what(), strings.Join(r.cells(t), " | "))
	}
	return b.String()
}

// cells are the columns of a target behind its name.
func (r *run) cells(t *target) []string {
	most := number(t.atMost)
	here, ok := r.median(t.row, t.unit)
	if !ok {
		return []string{"", t.rival(), "", "", most, "not measured"}
	}
	if t.than.impl == "" {
		return []string{number(here), "", "", "", most, verdict(here <= t.atMost)}
	}
	there, ok := r.median(t.than, t.unit)
	if less, known := r.median(t.less, t.unit); t.less.impl != "" {
		there -= less
		ok = ok && known && there > 0 // noise can be larger than what is left
	}
	if !ok {
		return []string{number(here), t.rival(), "", "", most, "not measured"}
	}
	ratio := here / there
	return []string{number(here), t.rival(), number(there), number(ratio), most, verdict(ratio <= t.atMost)}
}

func verdict(ok bool) string {
	if ok {
		return "yes"
	}
	return "**no**"
}

// number writes three digits that count.
func number(v float64) string {
	switch {
	case v == 0:
		return "0"
	case v >= 100:
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'g', 3, 64)
}

// everything is one table for each work: a line for each set of parameters, a
// column for each implementation, and in each cell the time with one goroutine
// and with more, and what else was reported.
func (r *run) everything() string {
	var b strings.Builder
	for _, work := range r.works() {
		impls, lines := r.shape(work)
		fmt.Fprintf(&b, "**%s**, ns\n\n| | %s |\n|---|%s\n", work, strings.Join(impls, " | "), strings.Repeat("--:|", len(impls)))
		for _, line := range lines {
			fmt.Fprintf(&b, "| %s |", strings.TrimPrefix(strings.TrimPrefix(line, work), "/"))
			for _, impl := range impls {
				fmt.Fprintf(&b, " %s |", r.cell(line, impl))
			}
			b.WriteByte('\n')
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// works are the works in the order of the run.
func (r *run) works() (works []string) {
	for _, at := range r.order {
		work, _, _ := strings.Cut(at.work, "/")
		if !slices.Contains(works, work) {
			works = append(works, work)
		}
	}
	return works
}

// shape returns the columns and the lines of a work's table.
func (r *run) shape(work string) (impls, lines []string) {
	for _, at := range r.order {
		if first, _, _ := strings.Cut(at.work, "/"); first != work {
			continue
		}
		if !slices.Contains(impls, at.impl) {
			impls = append(impls, at.impl)
		}
		if !slices.Contains(lines, at.work) {
			lines = append(lines, at.work)
		}
	}
	return impls, lines
}

// cell is one implementation's time, by number of goroutines, and whatever else
// the first of them reports that is not zero.
func (r *run) cell(work, impl string) string {
	var times, extras []string
	for _, at := range r.order {
		if at.work != work || at.impl != impl {
			continue
		}
		if extras == nil {
			extras = r.extras(at)
		}
		if v, ok := r.median(at, nsPerOp); ok {
			times = append(times, number(v))
		}
	}
	if times != nil {
		extras = append([]string{strings.Join(times, " / ")}, extras...)
	}
	return strings.Join(extras, ", ")
}

// extras are the other units of a row.
func (r *run) extras(at row) (s []string) {
	for unit := range r.values[at] {
		if v, _ := r.median(at, unit); unit != nsPerOp && v != 0 {
			s = append(s, number(v)+" "+unit)
		}
	}
	slices.Sort(s)
	return s
}
