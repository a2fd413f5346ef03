// Perf puts the packets of a real capture to an engine of flow labels, on every
// core, while flows and leases come and go.
//
//	go run ./perf [-duration 10s] [-pcap FILE] [-cpuprofile FILE]
//		[-flows N] [-leases N] [-churn N] [-burst N] [-workers N] [-seed N]
//
// # What it does
//
// A capture's flows are multiplied to a million, each with a source address of its
// own, and bound to sockets in several namespaces: most sockets have one flow,
// some have hundreds. The namespaces differ in their settings, so that there are
// automatic labels in all modes, reflection, and state ranges. A part of the
// sockets lease labels (-leases): for themselves alone, shared with a process, a
// user or everybody, with extension headers or without. Packets ask for a leased
// label, for one that their socket may not send, or for none: then they get the
// socket's current label, the one that its peer has sent, or an automatic one.
//
// Each flow has a packet of the capture, in a buffer of its own, that it sends again
// and again. One worker a core (-workers) puts them to core.Reader.LabelBurst, -burst
// at a time, inserts the headers of leases, and then makes the buffers ready for
// the next round. Where packets come in for a socket it puts those to
// core.Reader.ReceiveBurst; their labels change now and then. A few packets are cut
// short, and the later fragments of the capture are sent as well.
//
// Meanwhile controllers make -churn changes a second: they lease, renew and put
// labels, revive what lingers and take again what has lingered out, connect
// sockets, unbind and bind flows, close sockets and open others, and ask for what
// they must not have. The engine runs by native rules with a shortest linger of
// 200 ms, so that a run of seconds sees leases end.
//
// # How it is verified
//
// About one packet in fifty, chosen at random, is compared with the plain model in
// perf/plain, which reads, judges and rewrites it by itself: the verdict, the
// socket that was found, and every byte of the packet, inserted headers included.
// Of an automatic label it is compared whether there ought to be one, its range,
// and that it stays the same. Of a packet that came in it is compared what its
// socket has noted. What a socket has changes under a version of its own, odd
// during a change; a verified packet whose socket's version changed meanwhile is
// passed over, and counted. After the run, when nothing changes, every packet is
// verified once more, and every namespace's list of leases is compared with the
// model's.
//
// # What is timed
//
// The time a packet is that of whole batches: the engine's part, the insertion of
// headers, and making the packet ready again. The times of the stages come from
// samples beside it, which make the same way in single steps.
//
// The seed decides every choice of this program; a run can be repeated with it in
// so far as the engine's random labels and the order of goroutines let it.
//
// # Exit status
//
// 0 if all went well, 1 for a capture that cannot be used or another failure, 2
// for wrong usage, 3 if the engine and the model disagree. An interrupt ends the
// run early, with the table of results.
package main

import "os"

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }
