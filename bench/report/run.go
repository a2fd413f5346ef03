package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"golang.org/x/perf/benchfmt"
)

// row names one line of a table: a work with its parameters, who does it, and
// how many goroutines do.
type row struct {
	work, impl string
	procs      int
}

// run is what one run of the benchmarks has measured.
type run struct {
	values map[row]map[string][]float64 // by unit, one a count
	order  []row                        // as they came
	// machine is where it ran.
	machine string
}

// nsPerOp is the unit of times here. The reader of the format has seconds.
const (
	nsPerOp  = "ns/op"
	secPerOp = "sec/op"
)

// read reads the output of go test -bench.
func read(in io.Reader, name string) (*run, error) {
	r := &run{values: make(map[row]map[string][]float64)}
	from := benchfmt.NewReader(in, name)
	for from.Scan() {
		switch rec := from.Result().(type) {
		case *benchfmt.SyntaxError:
			return nil, rec
		case *benchfmt.Result:
			r.add(rec)
		}
	}
	if err := from.Err(); err != nil {
		return nil, err
	}
	if len(r.order) == 0 {
		return nil, fmt.Errorf("%s: no benchmark named Benchmark<Work>/.../impl=<name> in it", name)
	}
	return r, nil
}

func (r *run) add(res *benchfmt.Result) {
	at, ok := parse(string(res.Name))
	if !ok {
		return
	}
	if r.values[at] == nil {
		r.values[at] = make(map[string][]float64)
		r.order = append(r.order, at)
	}
	for _, v := range res.Values {
		if v.Unit == secPerOp {
			v.Unit, v.Value = nsPerOp, v.Value*1e9
		}
		r.values[at][v.Unit] = append(r.values[at][v.Unit], v.Value)
	}
	r.machine = fmt.Sprintf("%s, %s cores, %s %s, %s/%s, %s",
		strings.TrimSpace(res.GetConfig("cpu")), res.GetConfig("cores"), res.GetConfig("goos"),
		res.GetConfig("kernel"), res.GetConfig("goos"), res.GetConfig("goarch"), res.GetConfig("go"))
}

// parse takes a name apart; false when it names no implementation.
func parse(name string) (at row, ok bool) {
	at.procs = 1
	if i := strings.LastIndexByte(name, '-'); i >= 0 {
		if n, err := fmt.Sscanf(name[i+1:], "%d", &at.procs); n == 1 && err == nil {
			name = name[:i]
		}
	}
	at.work, at.impl, ok = strings.Cut(name, "/impl=")
	return at, ok
}

// median returns the median of what was measured in a unit, false when nothing was.
func (r *run) median(at row, unit string) (float64, bool) {
	v := slices.Sorted(slices.Values(r.values[at][unit]))
	if len(v) == 0 {
		return 0, false
	}
	return (v[len(v)/2] + v[(len(v)-1)/2]) / 2, true
}
