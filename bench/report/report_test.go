package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const canned = "testdata/run.txt"

// clone returns a repository with nothing in it but two READMEs.
func clone(t *testing.T) (root string) {
	root = t.TempDir()
	if err := os.Mkdir(filepath.Join(root, "bench"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"README.md", "bench/README.md"} {
		write(t, filepath.Join(root, file), "# before "+file+"\n\n"+mainMarks.begin+"old\n"+mainMarks.end+"\n## after\n")
	}
	return root
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func slurp(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestReport writes a canned run into both READMEs, twice: the second time
// changes nothing, and what is outside the marks stays.
func TestReport(t *testing.T) {
	root := clone(t)
	for range 2 {
		if err := report(canned, root); err != nil {
			t.Fatal(err)
		}
		for file, golden := range map[string]string{"README.md": "root.golden", "bench/README.md": "bench.golden"} {
			got, want := slurp(t, filepath.Join(root, file)), slurp(t, filepath.Join("testdata", golden))
			if got != want {
				t.Errorf("%s:\n%s\nwant:\n%s", file, got, want)
			}
		}
	}
	svg := slurp(t, filepath.Join(root, "bench", picture))
	for _, text := range []string{"<svg", "LabelLookup", "xsync4", "720"} {
		if !strings.Contains(svg, text) {
			t.Errorf("%q is not in the picture", text)
		}
	}
}

// TestOther writes a run on another machine beside the first one, and nowhere else.
func TestOther(t *testing.T) {
	root := clone(t)
	inner, outer := filepath.Join(root, "bench/README.md"), filepath.Join(root, "README.md")
	if err := reportOther(canned, root); err == nil {
		t.Error("written without marks")
	}
	before := slurp(t, inner) + "\n" + otherMarks.begin + "old\n"
	write(t, inner, before+otherMarks.end+"after\n")
	untouched := slurp(t, outer)
	for range 2 {
		if err := reportOther(canned, root); err != nil {
			t.Fatal(err)
		}
		got := slurp(t, inner)
		head, table, _ := strings.Cut(got, otherMarks.begin)
		if head+otherMarks.begin+"old\n" != before || !strings.HasSuffix(got, otherMarks.end+"after\n") {
			t.Errorf("what is outside the marks has changed:\n%s", got)
		}
		if !strings.Contains(table, "| ReadSection | 1.5 | epoch | 20 |") || strings.Contains(table, "old") || strings.Contains(table, "**ReadSection**") {
			t.Errorf("not the comparison alone:\n%s", table)
		}
	}
	if _, err := os.Stat(filepath.Join(root, "bench", picture)); err == nil || slurp(t, outer) != untouched {
		t.Error("it is elsewhere, too")
	}
}

// TestTargets looks single lines up: what holds, what does not, a difference, an
// absolute limit, and what was not measured.
func TestTargets(t *testing.T) {
	r, err := read(strings.NewReader(slurp(t, canned)), canned)
	if err != nil {
		t.Fatal(err)
	}
	table := r.comparison()
	for _, line := range []string{
		"| ReadSection | 1.5 | epoch | 20 | 0.075 | 0.1 | yes |", // the median, not the mean
		"| ReadSection | 1.5 | rwmutex | 5 | 0.3 | 0.1 | **no** |",
		"| ReadSection, 2 goroutines | 0.75 | rwmutex | 50 | 0.015 | 0.03 | yes |",
		"| ReadSection, 2 goroutines | 0.75 | one goroutine | 1.5 | 0.5 | 0.556 | yes |",
		"| LabelLookup/leases=524288/hit=100 | 20 | dpdk |  |  | 0.3 | not measured |",
		"| Packet/flows=1048576/hit=100 |  | dpdk |  |  | 1 | not measured |",
		"| GetPut, kernelalgo | 300 | kernel less syscalls | 380 | 0.789 | 1 | yes |",
		"| Timer/op=expire/timers=1000000, ms-early | 0 |  |  |  | 0 | yes |",
		"| Memory/leases=1000000, B/lease | 98.5 |  |  |  | 112 | yes |",
	} {
		if !strings.Contains(table, line+"\n") {
			t.Errorf("not there: %s\nin\n%s", line, table)
		}
	}
	if strings.Count(table, "\n") != len(targets)+2 {
		t.Errorf("%d lines for %d targets", strings.Count(table, "\n"), len(targets))
	}
}

// TestMarks: a file without both marks is left as it is.
func TestMarks(t *testing.T) {
	m := mainMarks
	for _, text := range []string{"", "# nothing\n", m.begin + "no end\n", m.end + m.begin} {
		file := filepath.Join(t.TempDir(), "README.md")
		write(t, file, text)
		if err := insert(file, m, "numbers"); err == nil || slurp(t, file) != text {
			t.Errorf("%q: error %v, file %q", text, err, slurp(t, file))
		}
	}
}

// TestForeign: a file that holds no benchmark of ours is an error.
func TestForeign(t *testing.T) {
	for _, text := range []string{"", "PASS\n", "BenchmarkOther-2 100 1.0 ns/op\n", "BenchmarkReadSection/impl=engine 100 x ns/op\n"} {
		if _, err := read(bytes.NewReader([]byte(text)), "foreign"); err == nil {
			t.Errorf("%q was read", text)
		}
	}
	if err := report("testdata/none", t.TempDir()); err == nil {
		t.Error("a file that is not there was read")
	}
}
