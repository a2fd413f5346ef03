package core

// fault names a deliberate breach of a rule; see faults_on.go.
type fault uint8

const (
	noFault fault = iota
	faultShareInverted
	faultExistsLast
	faultLingerKept
	faultExpiresKept
	faultQuotaOffByOne
	faultNoRevival
	faultLingeringVisible
	faultPutKeepsCurrent
	faultPutTakesAll
	faultRenewAnybody
	faultLingerLimit
	faultStateRanges
	faultReflectAny
	faultDestinationReplaced
	faultSendUnchecked
	faultPingChecked
	faultAddressWins
	faultBothChecked
	faultCurrentDespiteAddress
	faultCurrentChecked
	faultLookUpIgnored
	faultOwnHeadersKept
	faultFirstOptionsSent
	faultAutoForAll
	faultAutoRange
	faultReplyBits
	faultReplyOfNothing
	faultReflectedForgotten
)
