//go:build faults

package uapi_test

import (
	"fmt"
	"testing"

	"github.com/flowlabel/flowlabel/core"
)

// faultHistories is how many histories of each kind a fault may escape.
const faultHistories = 12

// divergingHistory runs histories, random ones and those that drive the quotas
// to their limits in turn, until one finds the engine to part from the model.
// The name tells the kind and the seed; it is empty when all agree.
func divergingHistory() (name string, d *divergence) {
	for seed := range uint64(faultHistories) {
		random := newHistory(seed, testPlace()).steps(3000)
		if d := againstEngine(random, nil); d != nil {
			return fmt.Sprintf("random history %d", seed), d
		}
		quota := newHistory(seed, testPlace()).quotaSteps()
		if d := againstEngine(quota, nil); d != nil {
			return fmt.Sprintf("quota history %d", seed), d
		}
		p := sendPlace(int(seed+1) % 2)
		if d := sendsAgainstEngine(newSendHistory(seed, p).acts(3000), p); d != nil {
			return fmt.Sprintf("history of senders %d", seed), d
		}
	}
	return "", nil
}

// TestFaultsFound switches on each of the deliberate breaches of a rule and sees
// the comparison with the model find it: what these histories cannot find would
// not be found in the engine either.
func TestFaultsFound(t *testing.T) {
	t.Cleanup(func() { core.SetFault("") })
	core.SetFault("")
	if name, d := divergingHistory(); d != nil {
		t.Fatalf("without a fault, %s: %s", name, d.text)
	}
	found := 0
	for _, fault := range core.Faults() {
		core.SetFault(fault)
		name, d := divergingHistory()
		if d == nil {
			t.Errorf("not found: %s", fault)
			continue
		}
		found++
		t.Logf("%s: found by %s: %s", fault, name, d.text)
	}
	fmt.Printf("rule faults: found %d of %d\n", found, len(core.Faults()))
}
