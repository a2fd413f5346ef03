//go:build !cpeers

package bench

import "github.com/flowlabel/flowlabel/bench/order"

// Without the build tag cpeers the rivals in C are left out.

func peerSections() []rival[step]         { return nil }
func peerLabels() []rival[uint32]         { return nil }
func peerLabelBursts() []rival[uint32]    { return nil }
func peerFlows() []rival[order.Flow]      { return nil }
func peerFlowBursts() []rival[order.Flow] { return nil }
