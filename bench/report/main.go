// Report writes what one run of the benchmarks has measured into the READMEs:
// the comparison with its limits, every number, a picture, and the machine.
//
//	go test -C bench -tags cpeers -run '^$' -bench . -benchtime 0.3s -count 5 -cpu 1,2 . | tee run.txt
//	go run -C bench ./report run.txt
//
// The arguments are the file, from the folder bench, and the root of the
// repository, by default the folder above. The numbers stand between two marks in
// each README; whatever else is there stays.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

func main() {
	root := ".."
	switch len(os.Args) {
	case 2:
	case 3:
		root = os.Args[2]
	default:
		fmt.Fprintln(os.Stderr, "usage: report FILE [ROOT]")
		os.Exit(2)
	}
	if err := report(os.Args[1], root); err != nil {
		fmt.Fprintln(os.Stderr, "report:", err)
		os.Exit(1)
	}
}

// report reads a run and writes the two READMEs and the picture under root.
func report(file, root string) error {
	in, err := os.Open(file)
	if err != nil {
		return err
	}
	defer in.Close()
	r, err := read(in, file)
	if err != nil {
		return err
	}
	if err := r.draw(filepath.Join(root, "bench", picture)); err != nil {
		return err
	}
	intro := "Medians of one run, in ns unless it says otherwise, on " + r.machine + ".\n\n"
	outer := intro + r.comparison() + "\n![times by implementation](bench/" + picture + ")\n"
	inner := intro + r.comparison() + "\n![times by implementation](" + picture + ")\n\n" + r.everything()
	if err := insert(filepath.Join(root, "README.md"), outer); err != nil {
		return err
	}
	return insert(filepath.Join(root, "bench", "README.md"), inner)
}

// The marks between which the numbers stand.
const (
	begin = "<!-- comparison: written by bench/report -->\n"
	end   = "<!-- comparison: end -->\n"
)

// insert replaces what stands between the marks of a file.
func insert(file, text string) error {
	old, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	before, rest, ok := strings.Cut(string(old), begin)
	_, after, closed := strings.Cut(rest, end)
	if !ok || !closed {
		return fmt.Errorf("%s: the marks %q and %q are not both there", file, strings.TrimSpace(begin), strings.TrimSpace(end))
	}
	return os.WriteFile(file, []byte(before+begin+"\n"+strings.TrimRight(text, "\n")+"\n\n"+end+after), 0o644)
}
