package uapi_test

import (
	"fmt"
	"strings"
)

type actKind uint8

const (
	actLease      actKind = iota // a step of leasing
	actMessage                   // sock sends message
	actWhole                     // sock, of raw, sends a whole packet, of label value
	actConnect                   // sock, not of TCP, connects to message.to, with message.label if message.send
	actDisconnect                // sock has no destination any more
	actChoose                    // sock chooses about automatic labels: value = choiceOff, choiceOn
	actNote                      // sock, of TCP, notes labels from now on, or no more: value
	actOwn                       // sock has headers of its own from now on: message.own
	actDial                      // sock, of TCP, connects likewise; other = a free place for the other end, value = listen...
	actRefused                   // the same to where nobody listens
	actData                      // sock sends a byte to its peer
	actFinish                    // sock ends its side of the connection
	actCalm                      // nothing, until no label is guarded any more
)

var actNames = []string{"actLease", "actMessage", "actWhole", "actConnect", "actDisconnect", "actChoose", "actNote",
	"actOwn", "actDial", "actRefused", "actData", "actFinish", "actCalm"}

// What a listener is told before it listens.
const (
	listenReflects = 1
	listenNotes    = 2
	listenChoice   = 4 // times choiceOff or choiceOn
)

// act is one thing done to a world of senders. Like a step it does nothing where
// it makes no sense.
type act struct {
	kind actKind
	step
	message
}

// GoString prints an act as Go code.
func (a act) GoString() string {
	step := strings.Split(a.step.GoString(), "},")[0]
	if a.kind == actLease {
		return fmt.Sprintf("{step: step%s}},", step)
	}
	step = strings.Replace(step, "{op: opSet", "{", 1)
	message := strings.ReplaceAll(fmt.Sprintf("%#v", a.message), "uapi_test.", "")
	return fmt.Sprintf("{kind: %s, step: step%s}, message: %s},", actNames[a.kind], strings.Replace(step, "{, ", "{", 1), message)
}

// changes says whether an act may change the label of packets that it does not
// send.
func (a *act) changes() bool {
	return a.kind == actChoose || a.kind == actNote ||
		a.kind == actLease && (a.op == opSet || a.op == opSettings || a.op == opClose)
}

// packet is one that a world has sent.
type packet struct {
	from, to int // places of the sockets that it is between; none where there is no socket
	kind     packetKind
	bytes    []byte
}

const none = -1

type packetKind uint8

const (
	packetMessage packetKind = iota
	packetEcho               // an echo reply
	packetSYN
	packetSYNACK
	packetACK // and nothing else
	packetData
	packetFIN
	packetRST
	packetReset // one that no socket sends
)

var packetNames = []string{"message", "echo reply", "tcp SYN", "tcp SYN-ACK", "tcp ACK", "tcp data", "tcp FIN", "tcp RST", "reset"}
