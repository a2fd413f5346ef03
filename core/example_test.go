package core_test

import (
	"errors"
	"fmt"
	"log"
	"net/netip"
	"time"

	"github.com/flowlabel/flowlabel/core"
)

// Lease a label for one socket alone, and give it up.
func Example() {
	eng, err := core.New(core.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer eng.Close()
	ns, err := eng.Namespace("tenant-a", core.NamespaceOptions{})
	if err != nil {
		log.Fatal(err)
	}
	sock, err := ns.Socket(core.SocketOptions{Protocol: core.TCP})
	if err != nil {
		log.Fatal(err)
	}
	defer sock.Close()

	label, err := sock.Get(core.Request{
		Dst:    netip.MustParseAddr("2001:db8::1"),
		Share:  core.Exclusive,
		Create: true,
		Linger: 30 * time.Second,
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("a label of 20 bits:", label > 0 && label <= core.MaxLabel)
	fmt.Println("given up:", sock.Put(label) == nil)
	fmt.Println("given up again:", sock.Put(label) != nil)
	// Output:
	// a label of 20 bits: true
	// given up: true
	// given up again: true
}

// Share a label between the sockets of one user.
func ExampleSocket_Get_shared() {
	eng, err := core.New(core.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer eng.Close()
	ns, err := eng.Namespace("tenant-a", core.NamespaceOptions{})
	if err != nil {
		log.Fatal(err)
	}
	socket := func(user uint64) core.Socket {
		s, err := ns.Socket(core.SocketOptions{Protocol: core.UDP, Owner: core.Credentials{User: user}})
		if err != nil {
			log.Fatal(err)
		}
		return s
	}
	first, second, stranger := socket(1000), socket(1000), socket(1001)

	req := core.Request{Label: 0x12345, Dst: netip.MustParseAddr("2001:db8::1"), Share: core.User, Create: true}
	_, err = first.Get(req)
	fmt.Println("first:", err)
	_, err = second.Get(req)
	fmt.Println("second:", err)
	_, err = stranger.Get(req)
	fmt.Println("stranger:", err, errors.Is(err, core.ErrNotShared))
	// Output:
	// first: <nil>
	// second: <nil>
	// stranger: core: lease not shared with the caller: 0x12345, mode user true
}

// Renew a lease and list the leases of a namespace. The program turns the clock
// and advances the engine itself.
func ExampleNamespace_Leases() {
	var now time.Duration
	eng, err := core.New(core.Options{ManualAdvance: true, Clock: func() time.Duration { return now }})
	if err != nil {
		log.Fatal(err)
	}
	defer eng.Close()
	ns, err := eng.Namespace("tenant-a", core.NamespaceOptions{})
	if err != nil {
		log.Fatal(err)
	}
	sock, err := ns.Socket(core.SocketOptions{})
	if err != nil {
		log.Fatal(err)
	}
	for _, label := range []core.Label{1, 2} {
		req := core.Request{Label: label, Dst: netip.MustParseAddr("2001:db8::1"), Share: core.Any, Create: true, Linger: 10 * time.Second}
		if _, err := sock.Get(req); err != nil {
			log.Fatal(err)
		}
	}
	if err := sock.Renew(core.Request{Label: 2, Expires: time.Minute}); err != nil {
		log.Fatal(err)
	}
	_ = sock.Close() // gives up both: they linger

	list := func() {
		eng.Advance(0)
		for l := range ns.Leases() {
			fmt.Printf("at %v: label %d, %d users, blocked for %v\n", now, l.Label, l.Users, l.Expires)
		}
	}
	list()
	now = 11 * time.Second
	list()
	// Output:
	// at 0s: label 1, 0 users, blocked for 10s
	// at 0s: label 2, 0 users, blocked for 1m0s
	// at 11s: label 2, 0 users, blocked for 49s
}

// Check the labels of packets, a burst at a time.
func ExampleReader() {
	eng, err := core.New(core.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer eng.Close()
	ns, err := eng.Namespace("tenant-a", core.NamespaceOptions{})
	if err != nil {
		log.Fatal(err)
	}
	sock, err := ns.Socket(core.SocketOptions{Protocol: core.UDP})
	if err != nil {
		log.Fatal(err)
	}
	req := core.Request{
		Label: 7, Dst: netip.MustParseAddr("2001:db8::1"), Share: core.Exclusive, Create: true,
		Headers: &core.Headers{HopByHop: []byte{0, 0, 5, 2, 0, 0, 1, 0}}, // router alert (RFC 2711)
		By:      &core.Credentials{Privileges: core.NetRaw},
	}
	if _, err := sock.Get(req); err != nil {
		log.Fatal(err)
	}

	r := eng.Reader("worker-0") // one for each worker
	defer r.Close()
	r.Enter()
	for _, label := range []core.Label{0, 7, 8} {
		switch r.Check(sock, label) {
		case core.Allowed:
			fmt.Println(label, "may be sent")
		case core.AllowedWithHeaders:
			fmt.Println(label, "may be sent, with", r.Headers(sock, label).Len(), "bytes of headers")
		case core.Refused:
			fmt.Println(label, "is not for this socket")
		case core.Stale:
			fmt.Println("the socket is closed")
		}
	}
	r.Exit()
	// Output:
	// 0 may be sent
	// 7 may be sent, with 8 bytes of headers
	// 8 is not for this socket
}

// Apply the rules of a Linux kernel, with its quotas.
func ExampleLinux618() {
	eng, err := core.New(core.Options{Rules: core.Linux618()})
	if err != nil {
		log.Fatal(err)
	}
	defer eng.Close()
	ns, err := eng.Namespace("init", core.NamespaceOptions{})
	if err != nil {
		log.Fatal(err)
	}
	sock, err := ns.Socket(core.SocketOptions{Protocol: core.TCP, Owner: core.Credentials{Process: 4711, User: 1000}})
	if err != nil {
		log.Fatal(err)
	}
	req := core.Request{Dst: netip.MustParseAddr("2001:db8::1"), Share: core.Process, Create: true}
	leased := 0
	for ; err == nil; leased++ {
		_, err = sock.Get(req)
	}
	fmt.Println(leased-1, "leases, then:", err)

	req.Linger = 151 * time.Second
	_, err = sock.Get(req)
	fmt.Println(err)

	req.By = &core.Credentials{Privileges: core.Admin}
	_, err = sock.Get(req)
	fmt.Println("as an administrator:", err)
	// Output:
	// 32 leases, then: core: quota exceeded: 32 leases, 32 on the socket
	// core: linger out of range: 2m31s
	// as an administrator: <nil>
}
