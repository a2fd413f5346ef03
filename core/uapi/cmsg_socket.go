package uapi

import (
	"fmt"
	"math"

	"github.com/flowlabel/flowlabel/core"
)

// Types of control messages at level SOL_SOCKET.
const (
	scmRights          = 1
	scmCredentials     = 2
	soPriority         = 12
	soMark             = 36
	soTimestampingOld  = 37
	soTimestampingNew  = 65
	soDevmemDmabuf     = 79
	freePriorities     = 6     // priorities up to this one want no privilege
	timestampingInCmsg = 0x303 // flags that a control message may set
)

// socket reads a message at level SOL_SOCKET, which never concerns a lease.
func (p *parser) socket(kind int32, data []byte) error {
	// Either capability will do here.
	privileged := p.privileges&(core.NetRaw|core.NetAdmin) != 0
	switch kind {
	case scmRights, scmCredentials:
		return nil
	case soMark:
		if !privileged {
			return fmt.Errorf("%w: mark", core.ErrHeadersDenied)
		}
		return number(kind, data, math.MinInt32, math.MaxInt32)
	case soPriority:
		err := number(kind, data, math.MinInt32, math.MaxInt32)
		if err == nil && !privileged && !inRange(int64(readInt32(data)), 0, freePriorities) {
			return fmt.Errorf("%w: priority", core.ErrHeadersDenied)
		}
		return err
	case soTimestampingOld, soTimestampingNew:
		if len(data) == 4 && readInt32(data)&^timestampingInCmsg == 0 {
			return nil
		}
		return malformed("timestamping: %x", data)
	case soDevmemDmabuf:
		return number(kind, data, math.MinInt32, math.MaxInt32)
	}
	return malformed("control message %d at socket level", kind)
}
