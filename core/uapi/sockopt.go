package uapi

import (
	"fmt"

	"github.com/flowlabel/flowlabel/core"
)

// SetSockOpt does what setsockopt(fd, IPPROTO_IPV6, IPV6_FLOWLABEL_MGR, optval,
// len(optval)) does to the socket, called with the given credentials. A label
// that was chosen for the caller is written back into optval. The error, if any,
// is one of package core or errInvalid's, and errors.Is finds its errno.
//
// Cost: that of the core call; allocations only for options and errors.
func SetSockOpt(s core.Socket, by core.Credentials, optval []byte) error {
	if len(optval) < RequestLen {
		return withErrno(fmt.Errorf("%w: %d bytes", errInvalid, len(optval)))
	}
	r := request(optval)
	switch r.action() {
	case actionGet:
		return withErrno(get(s, by, r))
	case actionPut:
		return withErrno(put(s, r))
	case actionRenew:
		return withErrno(s.Renew(core.Request{
			Label: r.label(), Share: r.share(), Linger: r.linger(), Expires: r.expires(), By: &by,
		}))
	}
	return withErrno(fmt.Errorf("%w: action %d", errInvalid, r.action()))
}

func get(s core.Socket, by core.Credentials, r request) error {
	if r.flags()&flagReflect != 0 {
		return s.Reflect()
	}
	headers, err := parseOptions(r.options(), by.Privileges)
	if err != nil {
		return firstError(s, r.label(), err)
	}
	label, err := s.Get(core.Request{
		Label:   r.label(),
		Dst:     r.dst(),
		Share:   r.share(),
		Create:  r.flags()&flagCreate != 0,
		Fresh:   r.flags()&flagExcl != 0,
		Linger:  r.linger(),
		Expires: r.expires(),
		Headers: headers,
		By:      &by,
	})
	if err != nil {
		return err
	}
	if r.label() == 0 {
		r.setLabel(label)
	}
	return nil
}

// firstError returns the error that counts when the options of a GET are bad:
// the socket and the label are looked at before the options.
func firstError(s core.Socket, label core.Label, options error) error {
	if _, _, err := s.Current(); err != nil {
		return err
	}
	if err := s.Namespace().CheckLabel(label); err != nil {
		return err
	}
	return options
}

func put(s core.Socket, r request) error {
	if r.flags()&flagReflect != 0 {
		return s.StopReflecting()
	}
	return s.Put(r.label())
}

// GetSockOpt does what getsockopt with the same arguments does: it reads the
// request in optval, writes the answer over it, and returns the length of the
// answer. With the flag REMOTE that is the label of the last packet received,
// on a reflecting socket the label reflected, else the lease of the socket's
// current label.
//
// Cost: that of core's Query; allocations only for errors.
func GetSockOpt(s core.Socket, by core.Credentials, optval []byte) (int, error) {
	if len(optval) < RequestLen {
		return 0, withErrno(fmt.Errorf("%w: %d bytes", errInvalid, len(optval)))
	}
	r := request(optval)
	if r.action() != actionGet {
		return 0, withErrno(fmt.Errorf("%w: action %d", errInvalid, r.action()))
	}
	l, err := query(s, r.flags())
	if err != nil {
		return 0, withErrno(err)
	}
	r.setLease(&l)
	return RequestLen, nil
}

// query returns the lease that a getsockopt tells about, of which only the
// label may be known.
func query(s core.Socket, flags uint16) (core.Lease, error) {
	if flags&flagRemote != 0 {
		label, err := s.Remote()
		return core.Lease{Label: label}, err
	}
	label, reflects, err := s.Current()
	if err != nil || reflects {
		return core.Lease{Label: label}, err
	}
	return s.Query()
}
