package uapi

import (
	"errors"
	"syscall"

	"github.com/flowlabel/flowlabel/core"
)

// errInvalid is what this package itself finds wrong with a request: a length,
// an action, a control message.
var errInvalid = errors.New("uapi: malformed request")

// errNoDevice: a control message names an interface. The engine has none.
var errNoDevice = errors.New("uapi: no such interface")

// errnos says which errno a sentinel stands for: Linux's number, and the
// constant that the platform at hand has for it. The first match counts.
var errnos = []struct {
	err    error
	number int
	local  syscall.Errno
}{
	{errInvalid, 22, syscall.EINVAL},
	{errNoDevice, 19, syscall.ENODEV},
	{core.ErrLabel, 22, syscall.EINVAL},
	{core.ErrHeaders, 22, syscall.EINVAL},
	{core.ErrDestination, 22, syscall.EINVAL},
	{core.ErrShare, 22, syscall.EINVAL},
	{core.ErrOption, 22, syscall.EINVAL},
	{core.ErrRefused, 22, syscall.EINVAL},
	{core.ErrTuple, 22, syscall.EINVAL},
	{core.ErrPacket, 22, syscall.EINVAL},
	{core.ErrNotBound, 2, syscall.ENOENT},
	{core.ErrBound, 98, syscall.EADDRINUSE},
	{core.ErrNoRoom, 90, syscall.EMSGSIZE},
	{core.ErrStateless, 34, syscall.ERANGE},
	{core.ErrHeadersDenied, 1, syscall.EPERM},
	{core.ErrLinger, 1, syscall.EPERM},
	{core.ErrExpires, 1, syscall.EPERM},
	{core.ErrNotShared, 1, syscall.EPERM},
	{core.ErrConsistency, 1, syscall.EPERM},
	{core.ErrExists, 17, syscall.EEXIST},
	{core.ErrNameTaken, 17, syscall.EEXIST},
	{core.ErrNotFound, 2, syscall.ENOENT},
	{core.ErrNotHeld, 3, syscall.ESRCH},
	{core.ErrProtocol, 92, syscall.ENOPROTOOPT},
	{core.ErrQuota, 105, syscall.ENOBUFS},
	{core.ErrTableFull, 105, syscall.ENOBUFS},
	{core.ErrSocketFull, 105, syscall.ENOBUFS},
	{core.ErrNoLabels, 105, syscall.ENOBUFS},
	{core.ErrUsers, 105, syscall.ENOBUFS},
	{core.ErrClosed, 9, syscall.EBADF}, // and ErrStale, which wraps it
}

// opError is an error that is also the errno it stands for.
type opError struct {
	err   error
	local syscall.Errno
}

func (e *opError) Error() string        { return e.err.Error() }
func (e *opError) Unwrap() error        { return e.err }
func (e *opError) Is(target error) bool { return target == e.local }

// withErrno makes errors.Is find the errno of err.
func withErrno(err error) error {
	if err == nil {
		return nil
	}
	for i := range errnos {
		if errors.Is(err, errnos[i].err) {
			return &opError{err, errnos[i].local}
		}
	}
	return err
}

// Errno returns the number that Linux has for an error of this package or of
// package core, the same on every platform: 0 for nil, EINVAL (22) for an error
// of neither.
//
// Cost: a walk along a table of two dozen errors. No lock, no allocation.
func Errno(err error) int {
	if err == nil {
		return 0
	}
	for i := range errnos {
		if errors.Is(err, errnos[i].err) {
			return errnos[i].number
		}
	}
	return 22
}
