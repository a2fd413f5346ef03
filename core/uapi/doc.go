// Package uapi speaks the binary interface of Linux's flow label manager over
// package core: the socket option IPV6_FLOWLABEL_MGR, its errno values, and the
// listing /proc/net/ip6_flowlabel. It serves programs that stand in for a kernel
// towards other programs, and tests that put the two side by side.
//
// A request is 32 bytes, then optional ancillary data:
//
//	offset  size  field
//	     0    16  dst      IPv6 address
//	    16     4  label    network byte order
//	    20     1  action   0 get, 1 put, 2 renew
//	    21     1  share    1 exclusive, 2 process, 3 user, 255 any
//	    22     2  flags    1 create, 2 exclusive, 4 reflect, 8 remote
//	    24     2  expires  seconds
//	    26     2  linger   seconds
//	    28     4  unused
//	    32     -  options  control messages, as sendmsg(2) takes them
//
// Flags, expires, linger and the headers of control messages are in the byte
// order of the machine. A control message has the layout of a 64-bit kernel,
// whatever the word size of the program: length 8 bytes, level 4, type 4, data
// padded to 8.
//
// The functions keep no state and may be called from any goroutine.
package uapi
