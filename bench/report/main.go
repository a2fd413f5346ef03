// Report writes what one run of the benchmarks has measured into the READMEs:
// the comparison with its limits, every number, a picture, and the machine.
//
//	go test -C bench -tags cpeers -run '^$' -bench . -benchtime 0.3s -count 5 -cpu 1,2 . | tee run.txt
//	go run -C bench ./report run.txt
//
// The arguments are the file, from the folder bench, and the root of the
// repository, by default the folder above. The numbers stand between two marks in
// each README; whatever else is there stays.
//
// With -other the run is one on another machine, and only its comparison is written, into
// the README of bench between marks of its own.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

func main() {
	other := flag.Bool("other", false, "a run on another machine")
	flag.Usage = func() { fmt.Fprintln(os.Stderr, "usage: report [-other] FILE [ROOT]") }
	flag.Parse()
	root := ".."
	switch flag.NArg() {
	case 1:
	case 2:
		root = flag.Arg(1)
	default:
		flag.Usage()
		os.Exit(2)
	}
	write := report
	if *other {
		write = reportOther
	}
	if err := write(flag.Arg(0), root); err != nil {
		fmt.Fprintln(os.Stderr, "report:", err)
		os.Exit(1)
	}
}

// open reads the run in a file.
func open(file string) (*run, error) {
	in, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	return read(in, file)
}

// intro says what the numbers are.
func (r *run) intro() string {
	return "Medians of one run, in ns unless it says otherwise, on " + r.machine + ".\n\n"
}

// reportOther writes the comparison of a run on another machine.
func reportOther(file, root string) error {
	r, err := open(file)
	if err != nil {
		return err
	}
	return insert(filepath.Join(root, "bench", "README.md"), otherMarks, r.intro()+r.comparison())
}

// report reads a run and writes the two READMEs and the picture under root.
func report(file, root string) error {
	r, err := open(file)
	if err != nil {
		return err
	}
	if err := r.draw(filepath.Join(root, "bench", picture)); err != nil {
		return err
	}
	outer := r.intro() + r.comparison() + "\n![times by implementation](bench/" + picture + ")\n"
	inner := r.intro() + r.comparison() + "\n![times by implementation](" + picture + ")\n\n" + r.everything()
	if err := insert(filepath.Join(root, "README.md"), mainMarks, outer); err != nil {
		return err
	}
	return insert(filepath.Join(root, "bench", "README.md"), mainMarks, inner)
}

// marks are the lines between which numbers stand.
type marks struct{ begin, end string }

var (
	mainMarks  = marks{"<!-- comparison: written by bench/report -->\n", "<!-- comparison: end -->\n"}
	otherMarks = marks{"<!-- another machine: written by bench/report -other -->\n", "<!-- another machine: end -->\n"}
)

// insert replaces what stands between the marks of a file.
func insert(file string, m marks, text string) error {
	old, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	before, rest, ok := strings.Cut(string(old), m.begin)
	_, after, closed := strings.Cut(rest, m.end)
	if !ok || !closed {
		return fmt.Errorf("%s: the marks %q and %q are not both there", file, strings.TrimSpace(m.begin), strings.TrimSpace(m.end))
	}
	return os.WriteFile(file, []byte(before+m.begin+"\n"+strings.TrimRight(text, "\n")+"\n\n"+m.end+after), 0o644)
}
