//go:build faults

package core

import (
	"slices"
	"sync/atomic"
)

// current is the fault switched on; stored by tests between histories and
// loaded wherever a rule could be broken.
var current atomic.Uint32

var faultNames = []string{
	noFault:                  "",
	faultShareInverted:       "owners compared the wrong way round",
	faultExistsLast:          "sharing checked before existence",
	faultLingerKept:          "join does not raise linger",
	faultExpiresKept:         "join does not raise expires",
	faultQuotaOffByOne:       "quota off by one",
	faultNoRevival:           "lingering lease not revived",
	faultLingeringVisible:    "lingering lease joined without create",
	faultPutKeepsCurrent:     "put keeps the current label",
	faultPutTakesAll:         "put takes every entry",
	faultRenewAnybody:        "renew of others' leases by anybody",
	faultLingerLimit:         "longest linger not enforced",
	faultStateRanges:         "stateless range leased",
	faultReflectAny:          "reflection on any protocol",
	faultDestinationReplaced: "revival takes the new destination",

	faultSendUnchecked:         "labels sent unchecked",
	faultPingChecked:           "pings checked",
	faultAddressWins:           "address's label sent in spite of a control message",
	faultBothChecked:           "control message's label looked for beside the address's",
	faultCurrentDespiteAddress: "current label sent in spite of an address",
	faultCurrentChecked:        "current label looked for without control messages",
	faultLookUpIgnored:         "current label not looked for with control messages",
	faultOwnHeadersKept:        "own headers kept beside a lease",
	faultFirstOptionsSent:      "routing destination options sent without a routing header",
	faultAutoForAll:            "automatic label without opting in",
	faultAutoRange:             "automatic label outside the stateless range",
	faultReplyBits:             "resets and echo replies mistaken for each other",
	faultReplyOfNothing:        "reply reflects no label",
	faultReflectedForgotten:    "label received not reflected",
}

// Faults returns the names of the deliberate faults.
func Faults() []string { return faultNames[1:] }

// SetFault switches one fault on for every engine in the process, and all
// others off. The empty name switches all off. It panics on an unknown name.
func SetFault(name string) {
	i := slices.Index(faultNames, name)
	if i < 0 {
		panic("core: no such fault: " + name)
	}
	current.Store(uint32(i))
}

func faulty(f fault) bool { return current.Load() == uint32(f) }
