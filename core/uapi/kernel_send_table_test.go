package uapi_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"
)

// What can be seen of senders, and under which policies: while nothing exclusive
// was ever asked for in the namespace, or it was and there is none anywhere, or it
// was and there is one.
const (
	anywhere   = 1<<policyOpen | 1<<policyIdle | 1<<policyExclusive
	unenforced = 1<<policyOpen | 1<<policyIdle
	enforced   = 1 << policyExclusive
)

const cellLeast = 5

var sendCells = []struct {
	policies       int
	kinds, results string // between bars; each kind has each result
}{
	{anywhere, "udp by address|udp by control|udp by address and control|" +
		"raw by address|raw by control|raw by address and control",
		"label|automatic|none|label, own headers|automatic, own headers|none, own headers"},
	{anywhere, "udp by address, SEND off|raw by address, SEND off",
		"automatic|none|automatic, own headers|none, own headers"},
	{anywhere, "udp current|udp current, with controls|raw current|raw current, with controls",
		"label|automatic|none|label, own headers|automatic, own headers|none, own headers|EDESTADDRREQ"},
	{anywhere, "udp by control|raw by control|raw whole packet|ping by control|ping current|ping current, with controls", "EDESTADDRREQ"},
	{enforced, "udp by address|udp by control|udp by address and control|udp current, with controls|" +
		"raw by address|raw by control|raw by address and control|raw current, with controls",
		"EINVAL|label, lease's headers|label, own headers dropped"},
	{enforced, "udp by address and control|raw by address and control",
		"automatic, lease's headers|none, lease's headers|automatic, own headers dropped|none, own headers dropped"},
	{anywhere, "raw whole packet", "as it is"},
	{enforced, "raw whole packet", "EINVAL"},
	{anywhere, "ping by address|ping by control|ping by address and control|ping current|ping current, with controls",
		"label|automatic|none"},
	{anywhere, "ping by address, SEND off", "automatic|none"},
	{anywhere, "udp connect|raw connect|ping connect|tcp connect", "own label|no label|SEND off"},
	{unenforced, "udp connect|raw connect|ping connect|tcp connect", "any label"},
	{enforced, "udp connect|raw connect|ping connect|tcp connect", "EINVAL"},
	{anywhere, "tcp SYN", "label|automatic|none"},
	{anywhere, "tcp ACK|tcp data|tcp FIN|tcp RST", "label|reflected|automatic|none"},
	{anywhere, "tcp SYN-ACK|reset|echo reply", "reflected|automatic|none"},
	{anywhere, "getsockopt REMOTE|getsockopt, reflecting", "label|automatic|none"},
	{anywhere, "getsockopt", "label|ENOENT"},
}

// sendTable prints how often what was seen, and fails for what was seen too
// seldom, or cannot be.
func sendTable(t *testing.T, counts map[cell]int) {
	t.Helper()
	counts = maps.Clone(counts)
	fmt.Printf("%-52s %8s %8s %10s\n", "kind: result, by policy", "open", "idle", "exclusive")
	for _, group := range sendCells {
		for kind := range strings.SplitSeq(group.kinds, "|") {
			for result := range strings.SplitSeq(group.results, "|") {
				sendTableRow(t, group.policies, kind+": "+result, counts)
			}
		}
	}
	if len(counts) > 0 {
		t.Errorf("not in the list of what can be seen: %v", counts)
	}
}

func sendTableRow(t *testing.T, policies int, what string, counts map[cell]int) {
	t.Helper()
	var seen [3]int
	for policy := range seen {
		if policies>>policy&1 == 0 {
			continue
		}
		c := cell{policy, what}
		if seen[policy] = counts[c]; seen[policy] < cellLeast && !testing.Short() {
			t.Errorf("%s, policy %d: %d times, want %d", what, policy, seen[policy], cellLeast)
		}
		delete(counts, c)
	}
	fmt.Printf("%-52s %8d %8d %10d\n", what, seen[policyOpen], seen[policyIdle], seen[policyExclusive])
}
