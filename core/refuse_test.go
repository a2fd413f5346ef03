package core_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/flowlabel/flowlabel/core"
)

// refusal is a call that must fail and change nothing.
type refusal struct {
	name string
	call func() error
	want error
	says string // part of the message: the offending value
}

// refuses makes the call and compares pictures taken before and after.
func (b *rig) refuses(t *testing.T, r refusal, spaces []*core.Namespace, sockets ...core.Socket) {
	t.Helper()
	before := b.picture(spaces, sockets)
	err := r.call()
	if !errors.Is(err, r.want) {
		t.Fatalf("error %v, want %v", err, r.want)
	}
	if err == r.want || !strings.Contains(err.Error(), r.says) {
		t.Errorf("%q does not name %q, or nothing at all", err, r.says)
	}
	if after := b.picture(spaces, sockets); !reflect.DeepEqual(before, after) {
		t.Errorf("%v, and yet something changed:\nbefore %+v\nafter  %+v", err, before, after)
	}
}

// refusesAll puts each refusal to the engine in a subtest.
func (b *rig) refusesAll(t *testing.T, all []refusal, spaces []*core.Namespace, sockets ...core.Socket) {
	t.Helper()
	for _, r := range all {
		t.Run(r.name, func(t *testing.T) { b.refuses(t, r, spaces, sockets...) })
	}
}

// getting returns a Get as a call for refusal.
func getting(s core.Socket, req core.Request) func() error {
	return func() error {
		_, err := s.Get(req)
		return err
	}
}

// counted fails the test unless the engine has counted each sentinel as often
// as the refusals say.
func (b *rig) counted(t *testing.T, all []refusal) {
	t.Helper()
	want := make(map[error]int64)
	for _, r := range all {
		want[r.want]++
	}
	if got := b.Stats().Refused; !reflect.DeepEqual(got, want) {
		t.Errorf("Stats.Refused is %v, want %v", got, want)
	}
}
