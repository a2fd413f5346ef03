package core_test

import (
	"encoding/binary"
	"fmt"
	"log"
	"net/netip"

	"github.com/flowlabel/flowlabel/core"
)

// examplePacket returns a UDP packet without a label, and room behind it.
func examplePacket(src, dst netip.AddrPort) []byte {
	p := make([]byte, 52, 128)
	p[0], p[5], p[6], p[7] = 0x60, 12, 17, 64
	copy(p[8:], src.Addr().AsSlice())
	copy(p[24:], dst.Addr().AsSlice())
	binary.BigEndian.PutUint16(p[40:], src.Port())
	binary.BigEndian.PutUint16(p[42:], dst.Port())
	binary.BigEndian.PutUint16(p[44:], 12)
	return p
}

// exampleSocket returns a socket that has the flow from src to dst.
func exampleSocket(eng *core.Engine, o core.SocketOptions, src, dst netip.AddrPort) core.Socket {
	ns, err := eng.Namespace("tenant-a", core.NamespaceOptions{})
	if err != nil {
		log.Fatal(err)
	}
	sock, err := ns.Socket(o)
	if err != nil {
		log.Fatal(err)
	}
	flow, err := core.NewTuple(17, src, dst)
	if err != nil {
		log.Fatal(err)
	}
	if err := sock.Bind(flow); err != nil {
		log.Fatal(err)
	}
	return sock
}

// Label a burst of packets: those of the socket's flow get its current label.
func ExampleReader_LabelBurst() {
	eng, err := core.New(core.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer eng.Close()
	src, dst := netip.MustParseAddrPort("[2001:db8::1]:4000"), netip.MustParseAddrPort("[2001:db8::2]:53")
	sock := exampleSocket(eng, core.SocketOptions{Protocol: core.UDP}, src, dst)
	req := core.Request{Label: 0x12345, Dst: dst.Addr(), Share: core.Exclusive, Create: true}
	if _, err := sock.Get(req); err != nil {
		log.Fatal(err)
	}
	if err := sock.Connect(0x12345); err != nil {
		log.Fatal(err)
	}

	r := eng.Reader("worker-0") // one for each worker
	defer r.Close()
	burst := [][]byte{examplePacket(src, dst), examplePacket(dst, src), {0x45}}
	decisions := make([]core.Decision, len(burst))
	r.Enter()
	r.LabelBurst(sock.Namespace(), burst, decisions)
	r.Exit()
	for i, d := range decisions {
		fmt.Printf("%v: % x\n", d.Verdict, burst[i][:min(4, len(burst[i]))])
	}
	// Output:
	// allowed: 60 01 23 45
	// unbound: 60 00 00 00
	// malformed: 45
}

// Insert the headers that go with a label.
func ExampleHeaders_Insert() {
	eng, err := core.New(core.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer eng.Close()
	src, dst := netip.MustParseAddrPort("[2001:db8::1]:4000"), netip.MustParseAddrPort("[2001:db8::2]:53")
	owner := core.Credentials{Privileges: core.NetRaw}
	sock := exampleSocket(eng, core.SocketOptions{Protocol: core.UDP, Owner: owner}, src, dst)
	req := core.Request{
		Label: 0x12345, Dst: dst.Addr(), Share: core.Exclusive, Create: true,
		Headers: &core.Headers{HopByHop: []byte{0, 0, 5, 2, 0, 0, 1, 0}}, // router alert (RFC 2711)
	}
	if _, err := sock.Get(req); err != nil {
		log.Fatal(err)
	}
	if err := sock.Connect(0x12345); err != nil {
		log.Fatal(err)
	}

	r := eng.Reader("worker-0")
	defer r.Close()
	packet := examplePacket(src, dst)
	r.Enter()
	if d := r.Label(sock.Namespace(), packet); d.Verdict == core.AllowedWithHeaders {
		packet, err = r.HeadersOf(d).Insert(packet)
	}
	r.Exit()
	fmt.Println(err)
	fmt.Printf("label % x, payload length %d, next header %d\n", packet[1:4], packet[5], packet[6])
	fmt.Printf("% x\n", packet[40:48])
	// Output:
	// <nil>
	// label 01 23 45, payload length 20, next header 0
	// 11 00 05 02 00 00 01 00
}

// Receive a packet, and answer it with its own label.
func ExampleReader_Receive() {
	eng, err := core.New(core.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer eng.Close()
	here, peer := netip.MustParseAddrPort("[2001:db8::1]:80"), netip.MustParseAddrPort("[2001:db8::2]:4000")
	sock := exampleSocket(eng, core.SocketOptions{Protocol: core.TCP}, here, peer)
	ns := sock.Namespace()
	settings := core.DefaultSettings()
	settings.Consistency = false // which forbids to reflect
	if err := ns.SetSettings(settings); err != nil {
		log.Fatal(err)
	}
	if err := sock.Reflect(); err != nil {
		log.Fatal(err)
	}

	r := eng.Reader("worker-0")
	defer r.Close()
	came, answer := examplePacket(peer, here), examplePacket(here, peer)
	came[1], came[2], came[3] = 0x0a, 0xbc, 0xde
	r.Enter()
	fmt.Println("received:", r.Receive(ns, came))
	fmt.Println("answered:", r.Label(ns, answer).Verdict)
	r.Exit()
	remote, _ := sock.Remote()
	fmt.Printf("label %#x, and % x in the answer\n", remote, answer[1:4])
	// Output:
	// received: allowed
	// answered: allowed
	// label 0xabcde, and 0a bc de in the answer
}
