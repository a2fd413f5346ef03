package core

import (
	"fmt"
	"time"
)

// Rules are the switches between how a Go program wants a flow label service to
// behave (the zero value: native mode) and how a Linux kernel does ([Linux618],
// [Linux2026]: Linux mode). Most are read when a lease is asked for;
// AddressVouches, BareCurrent and LeaseReplaces when a packet is sent, and never
// change.
type Rules struct {
	// Quota limits the number of leases; the zero value limits it to
	// Options.MaxLeases only.
	Quota Quota
	// MinLinger is the shortest linger; shorter ones are rounded up to it.
	// 0 means one tick.
	MinLinger time.Duration
	// MaxLinger is the longest linger and expires that callers without Admin may
	// ask for. 0 means the longest there is, 2^30 ticks.
	MaxLinger time.Duration
	// QuotaBeforeRevival refuses a revival when the quota would refuse a new
	// lease, although a revival adds none.
	QuotaBeforeRevival bool
	// RefusalCounts lets a Get that is refused a lingering lease push the end of
	// the linger back, by a whole linger from now.
	RefusalCounts bool
	// ExpiresAsAsked lets Lease.Expires of a lease in use be the latest that was asked
	// for, which may be past. Otherwise it is no less than the linger, and a Get that asks
	// for no more than that does not read the clock.
	ExpiresAsAsked bool
	// RandomIgnoresRanges chooses random labels from the stateless range too,
	// even in a namespace that keeps the ranges apart.
	RandomIgnoresRanges bool
	// ReflectAnyProtocol lets Settings.Reflect make every new socket reflect, of
	// whatever protocol, and not only TCP's.
	ReflectAnyProtocol bool
	// BareCurrent lets packets that get their socket's current label go without the
	// headers of its lease, and without a look for it, unless Sending.LookUp asks.
	BareCurrent bool
	// LeaseReplaces lets a lease that was looked up for a packet take the place of
	// the packet's own hop-by-hop options, first destination options and routing
	// header even when the lease has none.
	LeaseReplaces bool
	// AddressVouches looks only for the label of the address where a sender gives
	// another one beside it (Sending.Control), and lets the headers of the address's
	// lease go with that. Otherwise both are looked for, and the other one's headers
	// go.
	AddressVouches bool
	// Policy says when a packet's label is looked for on its socket's list.
	Policy Policy
}

// Policy says when a label may be sent only by a socket that leases it.
type Policy uint8

const (
	// ExclusiveInNamespace checks while the namespace has a lease, lingering ones
	// included, that is not open to everybody: one that is not of mode Any, or
	// has headers. The check is then of every label and every socket.
	ExclusiveInNamespace Policy = iota
	// ExclusiveInEngine checks in a namespace where such a lease was ever asked
	// for, while any namespace of the engine has one. Linux since 5.3.
	ExclusiveInEngine
	// Strict always checks. Linux before 5.3.
	Strict
)

// Quota limits leases; what the limit is, is still allowed. A field of 0 sets no
// limit. Lingering leases count, until they expire or are purged. The limits are
// the same for every namespace and every user: they keep room, and do not divide
// it.
type Quota struct {
	// Total is the most leases of the engine, for everybody.
	Total int
	// Free is the number of leases of the engine below which nothing else here
	// is looked at.
	Free int
	// Socket is the most uses of leases on one socket that lets a caller without
	// Admin create another lease.
	Socket int
	// Reserve is how many leases callers without Admin must leave free of Total.
	Reserve int
	// HolderReserve is the same for those whose socket holds a lease already.
	HolderReserve int
	// Namespace is the most leases of a namespace for callers without Admin. With
	// it, their creations wait for each other for the moment of counting.
	Namespace int
}

// Linux618 returns the rules of Linux 6.18.
func Linux618() Rules {
	return Rules{
		Quota:               Quota{Total: 4096, Free: 32, Socket: 32, Reserve: 1024, HolderReserve: 2048},
		MinLinger:           6 * time.Second,
		MaxLinger:           150 * time.Second,
		QuotaBeforeRevival:  true,
		RefusalCounts:       true,
		ExpiresAsAsked:      true,
		RandomIgnoresRanges: true,
		ReflectAnyProtocol:  true,
		BareCurrent:         true,
		LeaseReplaces:       true,
		AddressVouches:      true,
		Policy:              ExclusiveInEngine,
	}
}

// Linux2026 returns the rules of the Linux kernels of late 2026, which have
// twice the leases and a limit per namespace.
func Linux2026() Rules {
	r := Linux618()
	r.Quota = Quota{Total: 8192, Free: 32, Socket: 32, Reserve: 2048, HolderReserve: 4096, Namespace: 3072}
	return r
}

// checked returns r with its zero values resolved, for ticks of the given
// length and a table of the given size.
func (r Rules) checked(tick time.Duration, leases int) (Rules, error) {
	longest := longestSpan(tick)
	if r.MinLinger == 0 {
		r.MinLinger = tick
	}
	if r.MaxLinger == 0 {
		r.MaxLinger = longest
	}
	if r.Quota.Total == 0 {
		r.Quota.Total = leases
	}
	q := &r.Quota
	for _, x := range []struct {
		name       string
		value, max int64
	}{
		{"Rules.MinLinger", int64(r.MinLinger), int64(r.MaxLinger)},
		{"Rules.MaxLinger", int64(r.MaxLinger), int64(longest)},
		{"Rules.Quota.Total", int64(q.Total), int64(leases)},
		{"Rules.Quota.Free", int64(q.Free), int64(q.Total)},
		{"Rules.Quota.Socket", int64(q.Socket), int64(q.Total)},
		{"Rules.Quota.Reserve", int64(q.Reserve), int64(q.Total)},
		{"Rules.Quota.HolderReserve", int64(q.HolderReserve), int64(q.Total)},
		{"Rules.Quota.Namespace", int64(q.Namespace), int64(q.Total)},
		{"Rules.Policy", int64(r.Policy), int64(Strict)},
	} {
		if x.value < 0 || x.value > x.max {
			return r, fmt.Errorf("%w: %s %d, at most %d", ErrOption, x.name, x.value, x.max)
		}
	}
	return r, nil
}

// longestSpan is the longest time that the wheels can keep: half of what a
// wrapping count of ticks can tell from the past.
func longestSpan(tick time.Duration) time.Duration { return tick << 30 }
