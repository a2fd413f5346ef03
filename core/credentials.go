package core

// Credentials say on whose behalf a call is made. The engine compares them and
// asks nobody; they are the embedding program's to vouch for.
type Credentials struct {
	// Process is who shares the leases of mode [Process]: in a Go program any
	// identity of its own choice, such as a tenant or a worker group, since a
	// goroutine has no lasting thread. A program that imitates Linux puts the
	// thread id into the low 32 bits, which is what a listing shows, and into
	// the high ones a number that tells tasks apart which had the same id.
	Process uint64
	// User is who shares the leases of mode [User]. Under Linux, the effective
	// user id.
	User uint64
	// Privileges are the limits that the caller is exempt from.
	Privileges Privileges
}

// Privileges are a set of exemptions; the zero value has none.
type Privileges uint8

const (
	// Admin exempts from the quotas and from the longest linger. Under Linux,
	// CAP_NET_ADMIN in the initial user namespace.
	Admin Privileges = 1 << iota
	// NetAdmin may renew leases of other sockets of the namespace. Under Linux,
	// CAP_NET_ADMIN over the network namespace.
	NetAdmin
	// NetRaw may lease labels with hop-by-hop options, or destination options
	// that precede a routing header. Under Linux, CAP_NET_RAW over the network
	// namespace.
	NetRaw
)

// has says whether all of want are in p.
func (p Privileges) has(want Privileges) bool { return p&want == want }

// owner returns whom a lease of the given mode belongs to.
func (c *Credentials) owner(share Share) uint64 {
	switch share {
	case Process:
		return c.Process
	case User:
		return c.User
	}
	return 0
}
