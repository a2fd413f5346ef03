package uapi_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"
)

// Each branch that the model can take, and how often a run has to take it:
// often, or seldom for those that want a full table, a grace period of the
// kernel, a connection, or a caller of another user namespace.
const (
	often  = 1000
	seldom = 20
)

var branches = []struct {
	least int
	names string // one a line
}{
	{often, `length EINVAL
action EINVAL
GET reflect EPERM consistency
GET reflect ENOPROTOOPT
GET reflect ok
GET EINVAL label beyond 20 bits
GET ERANGE stateless label
options EINVAL beyond 64 KiB
options EINVAL message length
option hop-by-hop EINVAL length
option hop-by-hop EPERM
option hop-by-hop EINVAL second
option routing destination EINVAL length
option routing destination EPERM
option destination EINVAL length
option destination EPERM
option destination EINVAL second
option destination EINVAL after routing
option routing EINVAL
option packet info EINVAL length
option packet info EINVAL address
option packet info ENODEV
option hop limit EINVAL
option traffic class EINVAL
option don't fragment EINVAL
option flow info EINVAL length
option flow info EINVAL upper bits
option unknown EINVAL, level IPV6
option mark EPERM
option mark EINVAL
option priority EPERM
option priority EINVAL
option timestamping EINVAL
option devmem EINVAL
option unknown EINVAL, level SOCKET
GET EPERM linger
GET EPERM expires
GET EINVAL dst unspecified
GET EINVAL dst v4-mapped
GET EINVAL share
GET EEXIST flag EXCL, join own
GET EPERM exclusive, join own
GET EPERM share differs, join own
GET EPERM PROCESS other task, join own
GET EPERM USER other uid, join own
GET join own PROCESS ok
GET join own USER ok
GET join own ANY ok
GET EEXIST flag EXCL, join namespace's
GET EPERM exclusive, join namespace's
GET EPERM share differs, join namespace's
GET EPERM PROCESS other task, join namespace's
GET EPERM USER other uid, join namespace's
GET join namespace's PROCESS ok
GET join namespace's USER ok
GET join namespace's ANY ok
GET ENOENT missing no CREATE
GET ENOENT lingering no CREATE
GET ENOENT label=0 no CREATE
GET EEXIST flag EXCL, revive
GET EPERM exclusive, revive
GET EPERM share differs, revive
GET EPERM PROCESS other task, revive
GET EPERM USER other uid, revive
GET revive PROCESS ok
GET revive USER ok
GET revive ANY ok
GET create label given EXCL ok
GET create label given PROCESS ok
GET create label given USER ok
GET create label given ANY ok
GET create label=0 ok
GET create with options ok
GET ENOBUFS socket full
PUT reflect ENOPROTOOPT
PUT reflect ESRCH
PUT reflect ok
PUT ESRCH
PUT not the last ok
PUT the last ok
PUT current ok
RENEW own ok
RENEW own EPERM linger
RENEW own EPERM expires
RENEW other's ok
RENEW other's ESRCH share not NONE
RENEW other's ESRCH no CAP_NET_ADMIN
RENEW ESRCH lingering
RENEW ESRCH missing
getsockopt EINVAL length
getsockopt EINVAL action
getsockopt REMOTE ok
getsockopt reflecting ok
getsockopt ENOENT no current label
getsockopt ENOENT label not held
getsockopt lease ok
connect FLOWINFO_SEND off ok
connect label=0 ok
connect own label ok
connect any label ok
connect EINVAL label not held
socket ok
sysctl ok
listing`},
	{seldom, `GET ENOBUFS socket full revival
GET ENOBUFS holder, room < 2048
GET ENOBUFS holder, room < 2048 revival
GET ENOBUFS room < 1024
GET ENOBUFS room < 1024 revival
GET ENOBUFS table full
GET ENOBUFS table full revival
RENEW other's EPERM linger
RENEW other's EPERM expires
accept ok
accept EINVAL peer's label not held
close ok
close with entries ok`},
	{often, `by root
by root without capabilities
by a user
by another thread of the user
by a user with CAP_NET_RAW
by a user with CAP_NET_ADMIN
by the root of another user namespace
by the same without capabilities
in a namespace of another user namespace`},
	{0, "nothing"}, // a step on an empty place
}

// table prints how often each branch was taken, and fails for those that were
// taken too seldom, or are not in the list.
func table(t *testing.T, counts map[string]int) {
	t.Helper()
	var b strings.Builder
	counts = maps.Clone(counts)
	for _, group := range branches {
		for name := range strings.SplitSeq(group.names, "\n") {
			fmt.Fprintf(&b, "%-52s %8d\n", name, counts[name])
			if counts[name] < group.least && !testing.Short() {
				t.Errorf("%s: %d times, want %d", name, counts[name], group.least)
			}
			delete(counts, name)
		}
	}
	fmt.Printf("%-52s %8s\n%s", "action and result", "times", &b)
	if len(counts) > 0 {
		t.Errorf("not in the list of branches: %v", counts)
	}
}
