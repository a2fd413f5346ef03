package main

import (
	"testing"

	"github.com/flowlabel/flowlabel/core"
)

func TestGrouped(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0", 999: "999", 1000: "1,000", 123456: "123,456", 1234567: "1,234,567", -999: "-999", -1000: "-1,000",
	} {
		if got := grouped(n); got != want {
			t.Errorf("%d: %s", n, got)
		}
	}
}

func TestKindOf(t *testing.T) {
	for err, want := range map[error]string{
		core.ErrNotFound: "no such lease",
		core.ErrStale:    "stale handle",
	} {
		if got := kindOf(err); got != want {
			t.Errorf("%v: %q, want %q", err, got, want)
		}
	}
}
