package uapi_test

import (
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// tableSize finds out how many leases others on this machine have, by filling
// the table up.
func (k *kernel) tableSize() int {
	k.place.pins = 0
	w := k.newWorld()
	w.enter(0)
	fd := newSocket(protoUDP)
	for i := range tableSize {
		if rawSet(fd, pin(i)) != ok {
			break
		}
	}
	rows := strings.Count(string(must(os.ReadFile("/proc/thread-self/net/ip6_flowlabel"))), "\n") - 1
	w.close()
	unix.Close(fd)
	k.settle(0)
	return tableSize - rows
}
