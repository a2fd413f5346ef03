//go:build cpeers

package bench

import (
	"sync"
	"unsafe"

	"github.com/flowlabel/flowlabel/bench/cpeers"
	"github.com/flowlabel/flowlabel/bench/order"
)

func peerSections() []rival[step] {
	// An atomic word has the layout of a plain one, and C loads it whole.
	to := (*uint64)(unsafe.Pointer(&link.to))
	return []rival[step]{
		shared("memb", func(steps []step) uint64 { return cpeers.MembSections(len(steps), to) }),
		shared("qsbr", func(steps []step) uint64 { return cpeers.QSBRSections(len(steps), to) }),
	}
}

// table returns what made a table, or ends the program: a rival that cannot be
// built is not to be left out in silence.
func table(t cpeers.Table, err error) cpeers.Table {
	if err != nil {
		panic(err)
	}
	return t
}

// DPDK's tables are there once, for single lookups and for bursts.
var (
	dpdkLabels = sync.OnceValue(func() cpeers.Table {
		return table(cpeers.DPDKLabels(labels().in, labels().shares))
	})
	dpdkFlows = sync.OnceValue(func() cpeers.Table { return table(cpeers.DPDKFlows(flows().in)) })
)

func peerLabels() []rival[uint32] {
	return []rival[uint32]{
		lazily("cds_lfht", func() lookup[uint32] { return table(cpeers.LFHTLabels(labels().in, labels().shares)).FindLFHTLabels }),
		lazily("dpdk", func() lookup[uint32] { return dpdkLabels().FindDPDKLabels }),
	}
}

func peerLabelBursts() []rival[uint32] {
	return []rival[uint32]{lazily("dpdk", func() lookup[uint32] { return dpdkLabels().BurstDPDKLabels })}
}

func peerFlows() []rival[order.Flow] {
	return []rival[order.Flow]{
		lazily("cds_lfht", func() lookup[order.Flow] { return table(cpeers.LFHTFlows(flows().in)).FindLFHTFlows }),
		lazily("dpdk", func() lookup[order.Flow] { return dpdkFlows().FindDPDKFlows }),
	}
}

func peerFlowBursts() []rival[order.Flow] {
	return []rival[order.Flow]{lazily("dpdk", func() lookup[order.Flow] { return dpdkFlows().BurstDPDKFlows })}
}
