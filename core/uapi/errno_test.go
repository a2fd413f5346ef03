package uapi_test

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/flowlabel/flowlabel/core"
	"github.com/flowlabel/flowlabel/core/uapi"
)

// errnos are core's errors and the numbers that Linux has for them.
var errnos = map[string]struct {
	err    error
	number int
}{
	"ErrClosed":        {core.ErrClosed, 9},
	"ErrStale":         {core.ErrStale, 9},
	"ErrOption":        {core.ErrOption, einval},
	"ErrNameTaken":     {core.ErrNameTaken, eexist},
	"ErrLabel":         {core.ErrLabel, einval},
	"ErrStateless":     {core.ErrStateless, erange},
	"ErrHeaders":       {core.ErrHeaders, einval},
	"ErrHeadersDenied": {core.ErrHeadersDenied, eperm},
	"ErrLinger":        {core.ErrLinger, eperm},
	"ErrExpires":       {core.ErrExpires, eperm},
	"ErrDestination":   {core.ErrDestination, einval},
	"ErrShare":         {core.ErrShare, einval},
	"ErrExists":        {core.ErrExists, eexist},
	"ErrNotShared":     {core.ErrNotShared, eperm},
	"ErrNotFound":      {core.ErrNotFound, enoent},
	"ErrNotHeld":       {core.ErrNotHeld, esrch},
	"ErrRefused":       {core.ErrRefused, einval},
	"ErrTuple":         {core.ErrTuple, einval},
	"ErrPacket":        {core.ErrPacket, einval},
	"ErrBound":         {core.ErrBound, 98},
	"ErrNotBound":      {core.ErrNotBound, enoent},
	"ErrNoRoom":        {core.ErrNoRoom, 90},
	"ErrConsistency":   {core.ErrConsistency, eperm},
	"ErrProtocol":      {core.ErrProtocol, enoprotoopt},
	"ErrQuota":         {core.ErrQuota, enobufs},
	"ErrTableFull":     {core.ErrTableFull, enobufs},
	"ErrSocketFull":    {core.ErrSocketFull, enobufs},
	"ErrNoLabels":      {core.ErrNoLabels, enobufs},
	"ErrUsers":         {core.ErrUsers, enobufs},
}

// locals are the constants that the platform at hand has for those numbers.
var locals = map[int]syscall.Errno{
	eperm: syscall.EPERM, enoent: syscall.ENOENT, esrch: syscall.ESRCH, 9: syscall.EBADF, eexist: syscall.EEXIST,
	enodev: syscall.ENODEV, einval: syscall.EINVAL, erange: syscall.ERANGE, enoprotoopt: syscall.ENOPROTOOPT,
	enobufs: syscall.ENOBUFS, 98: syscall.EADDRINUSE, 90: syscall.EMSGSIZE,
}

func TestErrno(t *testing.T) {
	for name, x := range errnos {
		wrapped := fmt.Errorf("socket 7: %w", x.err)
		if got, inside := uapi.Errno(x.err), uapi.Errno(wrapped); got != x.number || inside != x.number {
			t.Errorf("Errno(%s) = %d, wrapped %d, want %d", name, got, inside, x.number)
		}
	}
	if got := uapi.Errno(nil); got != ok {
		t.Errorf("Errno(nil) = %d", got)
	}
	if got := uapi.Errno(errors.New("somebody else's")); got != einval {
		t.Errorf("Errno of an error of neither package = %d, want EINVAL", got)
	}
}

// TestErrnoComplete holds the table above against the source: an error that is
// added to core has to get its number.
func TestErrnoComplete(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "../errors.go", nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	var declared []string
	ast.Inspect(file, func(n ast.Node) bool {
		if v, is := n.(*ast.ValueSpec); is && strings.HasPrefix(v.Names[0].Name, "Err") {
			declared = append(declared, v.Names[0].Name)
		}
		return true
	})
	slices.Sort(declared)
	if listed := slices.Sorted(maps.Keys(errnos)); !slices.Equal(declared, listed) {
		t.Errorf("core declares %v\nthe table has %v", declared, listed)
	}
}

// refused checks an error that a socket option returned: it is its errno and
// core's error at the same time, and no other errno.
func refused(t *testing.T, name string, err error, number int, sentinel error) {
	t.Helper()
	if got := uapi.Errno(err); got != number {
		t.Errorf("%s: Errno(%v) = %d, want %d", name, err, got, number)
	}
	for n, local := range locals {
		if is := errors.Is(err, local); is != (n == number) {
			t.Errorf("%s: errors.Is(%v, %v) = %v", name, err, local, is)
		}
	}
	if sentinel != nil && (!errors.Is(err, sentinel) || err.Error() == sentinel.Error()) {
		t.Errorf("%s: %v is not core's %v with the offending value", name, err, sentinel)
	}
	for _, x := range errnos { // ErrStale is an ErrClosed, too
		if x.err != sentinel && errors.Is(err, x.err) != errors.Is(sentinel, x.err) {
			t.Errorf("%s: %v is core's %v as well", name, err, x.err)
		}
	}
}
