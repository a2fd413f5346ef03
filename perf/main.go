// Perf puts the packets of a real capture to an engine of flow labels, on every
// core, while leases come and go.
//
//	go run ./perf [-duration 10s] [-pcap FILE] [-cpuprofile FILE]
//
// # What it does
//
// A capture's flows are multiplied to a hundred thousand and more, with their
// addresses renumbered. Each has a socket in one of several namespaces, and a
// packet of the capture that it sends again and again. Its labels are leased:
// for itself alone, shared with a process, a user or everybody, with extension
// headers or without.
//
// One worker a core puts packet after packet to core.Reader.Check, in bursts, and
// writes the label into those that may carry it. Meanwhile controllers lease,
// renew and put labels, close sockets, ask for what they must not have, revive
// what lingers and take again what has lingered out. The engine runs by native
// rules with a shortest linger of 200 ms, so that a run of seconds sees leases
// end.
//
// # How it is verified
//
// About one packet in fifty, chosen at random, is compared with the plain model
// in perf/plain: the verdict, the headers, and every bit of the packet. The
// leases of a flow change under a version of its own, odd during a change; a
// verified packet whose flow's version changed meanwhile is passed over, and
// counted. After the run, when nothing changes, every flow is verified once
// more, and every namespace's list of leases is compared with the model's.
//
// # Exit status
//
// 0 if all went well, 1 for a capture that cannot be used or another failure, 2
// for wrong usage, 3 if the engine and the model disagree. An interrupt ends the
// run early, with the table of results.
package main

import "os"

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }
