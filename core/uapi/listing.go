package uapi

import (
	"encoding/hex"
	"fmt"

	"github.com/flowlabel/flowlabel/core"
)

// listingHeader is the first line of a listing. Some columns are wider than
// the fields below them; that is how the kernel has it.
const listingHeader = "Label S Owner  Users  Linger Expires  Dst                              Opt\n"

// AppendListing appends what /proc/net/ip6_flowlabel shows of a namespace: a
// header, then a line for each lease. The lines are in the order of the labels,
// which the kernel's are not.
//
// Cost: that of core's Leases, and what fmt takes.
func AppendListing(dst []byte, ns *core.Namespace) []byte {
	dst = append(dst, listingHeader...)
	for l := range ns.Leases() {
		addr := l.Dst.As16()
		dst = fmt.Appendf(dst, "%05X %-1d %-6d %-6d %-6d %-8d %s %-4d\n",
			uint32(l.Label), uint8(l.Share), uint32(l.Owner), l.Users,
			seconds(l.Linger), seconds(l.Expires), hex.EncodeToString(addr[:]), l.HeaderBytes)
	}
	return dst
}
