package uapi_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
)

func sendTable(t *testing.T, counts map[cell]int) {
	t.Helper()
	rows := map[string][3]int{}
	for c, n := range counts {
		r := rows[c.what]
		r[c.policy] += n
		rows[c.what] = r
	}
	for _, what := range slices.Sorted(maps.Keys(rows)) {
		fmt.Printf("%-50s %8d %8d %8d\n", what, rows[what][0], rows[what][1], rows[what][2])
	}
}
