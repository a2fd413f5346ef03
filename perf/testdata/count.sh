#!/usr/bin/env bash
# Prints the counts that README.md states, from tshark's reading of the file.
#
#	./count.sh [FILE]      (default: traffic.pcap beside this script)
#
# Every packet is counted once in each section, by its outermost headers. A
# flow is one direction: source, destination, protocol and the two ports (TCP
# and UDP; a fragment without ports is in none).
set -euo pipefail
file=${1:-$(dirname "$0")/traffic.pcap}

tshark -r "$file" -o ipv6.defragment:FALSE -o tcp.desegment_tcp_streams:FALSE -T fields -E occurrence=f -E separator='|' \
	-e frame.protocols -e ipv6.src -e ipv6.dst -e ipv6.flow -e tcp.srcport -e tcp.dstport \
	-e udp.srcport -e udp.dstport -e icmpv6.type -e ipv6.fraghdr.offset 2>/dev/null |
	gawk -F'|' '
	BEGIN {
		split("1 unreachable,2 too big,3 time exceeded,128 echo request,131 listener report (version 1),129 echo reply,130 listener query," \
			"133 router solicitation,134 router advertisement,135 neighbour solicitation,136 neighbour advertisement," \
			"143 listener report", list, ",")
		for (i in list) { code = list[i] + 0; sub(/^[0-9]+ /, "", list[i]); type[code] = list[i] }
	}
	function add(section, what) { count[section SUBSEP what]++ }

	# The chain of headers up to the transport, outermost IPv6 only.
	function walk(protocols,   part, n, i) {
		n = split(protocols, part, ":")
		for (i = 4; i <= n && part[i] ~ /^ipv6\./; i++) {
			seen[part[i]] = 1
			chain = chain " " substr(part[i], 6)
		}
		return part[i]
	}
	{ add("packets", "all") }
	$1 !~ /^eth:ethertype:ipv6/ { split($1, p, ":"); add("packets", "not IPv6 (" p[3] ")"); next }
	{
		delete seen
		chain = ""
		kind = walk($1)
		if ($10 + 0 > 0) kind = "later fragment"
		if (kind == "ipv6") kind = "IPv6 in IPv6"
		dns = (kind == "udp" && ($7 == 53 || $8 == 53)) || (kind == "tcp" && ($5 == 53 || $6 == 53))
		add("packets", "IPv6")
		add("kind", kind (dns ? ", DNS" : ""))
		if (kind == "icmpv6") add("icmpv6", $9 in type ? type[$9] : "type " $9)
		for (header in seen) add("extension header", substr(header, 6))
		add("chain", chain == "" ? " none" : chain)
		label = strtonum($4)
		add("label", label == 0 ? "0" : label < 0x80000 ? "leased (below 0x80000)" : "automatic (from 0x80000)")
		if (label) labels[label] = 1
		if (kind != "tcp" && kind != "udp") next
		flow = kind "|" $2 "|" $3 "|" (kind == "tcp" ? $5 "|" $6 : $7 "|" $8)
		if (!(flow in flows)) add("flows", kind)
		flows[flow] = flows[flow] || label
	}
	END {
		for (f in flows) { add("flows", "all"); if (flows[f]) add("flows", "with a label") }
		for (l in labels) add("label", "different labels")
		for (key in count) { split(key, k, SUBSEP); printf "%-16s %-38s %d\n", k[1], k[2], count[key] }
	}' | sort
