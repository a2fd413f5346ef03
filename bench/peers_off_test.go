//go:build !cpeers

package bench

// Without the build tag cpeers the rivals in C are left out.

func peerSections() []rival[step]      { return nil }
func peerLabels() []rival[uint32]      { return nil }
func peerLabelBursts() []rival[uint32] { return nil }
