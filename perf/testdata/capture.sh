#!/usr/bin/env bash
# Makes traffic.pcap again: real programs talk IPv6 between four network
# namespaces, and tcpdump listens where all their packets pass. See README.md
# for the packages it needs and for what is in the file.
#
#	sudo ./capture.sh [FILE]      (default: traffic.pcap beside this script)
#
# The namespaces have no link to anything but each other. They and every
# process started here are gone when the script ends, however it ends.
set -euo pipefail
cd "$(dirname "$0")"
out=$(realpath -m "${1:-traffic.pcap}")
helper=$PWD/labels.py
tmp=$(mktemp -d)
made=() jobs_started=()

RTR=2001:db8:1::1
ADA=2001:db8:1::a
BEN=2001:db8:1::b
SRV=2001:db8:2::53
SRV_INLINE=2001:db8:2::80 # reached with a segment routing header put into the packet
SRV_ENCAP=2001:db8:2::81  # reached through an outer IPv6 header that carries one

in_ns() { ip netns exec "flcap-$1" "${@:2}"; }
set_in() { in_ns "$1" sysctl -qw "${@:2}"; }

# daemon starts a program in a namespace, writing to the log $tmp/$2.$1; cleanup
# ends it. By exec the job's number is the program's own, not a shell's.
daemon() {
	(exec ip netns exec "flcap-$1" "${@:2}") >"$tmp/$(basename "$2").$1" 2>&1 </dev/null &
	jobs_started+=($!)
}

# run starts a client that may fail (some are meant to) but may not hang.
run() { in_ns "$1" timeout 30 "${@:2}" >>"$tmp/clients.log" 2>&1 </dev/null || echo "rc=$? $*" >>"$tmp/clients.log"; }

cleanup() {
	local p n
	for p in "${jobs_started[@]}"; do kill "$p" 2>/dev/null || true; done
	for p in "${jobs_started[@]}"; do wait "$p" 2>/dev/null || true; done
	for n in "${made[@]}"; do ip netns del "$n"; done
	if [[ ${KEEP_LOGS:-} ]]; then echo "logs: $tmp" >&2; else rm -rf "$tmp"; fi
}
trap cleanup EXIT

namespace() {
	ip netns add "flcap-$1"
	made+=("flcap-$1")
	in_ns "$1" ip link set lo up
	# Leased labels stay below 0x80000 and the kernel's own choices above it,
	# so that a reader of the file can tell which is which.
	set_in "$1" net.ipv6.flowlabel_state_ranges=1 net.ipv6.conf.all.seg6_enabled=1 \
		net.ipv6.conf.default.seg6_enabled=1 net.ipv6.conf.default.autoconf=0
}

# cable joins interface $2 of $1 to interface $4 of $3. Offloads are off: what
# tcpdump sees must be what a wire would carry, with sums filled in and no
# segment larger than the MTU.
cable() {
	ip link add "$2" address "00:00:5e:00:53:$5" netns "flcap-$1" type veth \
		peer name "$4" address "00:00:5e:00:53:$6" netns "flcap-$3"
	in_ns "$1" ethtool -K "$2" tx off tso off gso off gro off >"$tmp/ethtool.log"
	in_ns "$3" ethtool -K "$4" tx off tso off gso off gro off >"$tmp/ethtool.log"
}

# build leaves all links of the hosts down, so that the capture can also see
# them come up (duplicate address detection, listener reports, solicitations).
build() {
	local n
	for n in rtr ada ben srv; do namespace "$n"; done
	set_in rtr net.ipv6.conf.all.forwarding=1
	in_ns rtr ip link add br0 address 00:00:5e:00:53:01 type bridge mcast_snooping 1 mcast_querier 1 \
		mcast_query_interval 800 mcast_startup_query_interval 400
	in_ns rtr ethtool -K br0 tx off tso off gso off gro off >"$tmp/ethtool.log"
	cable ada eth0 rtr ada 0a a0
	cable ben eth0 rtr ben 0b b0
	cable srv eth0 rtr srv 53 50
	in_ns rtr ip link set ada master br0 up
	in_ns rtr ip link set ben master br0 up
	in_ns rtr ip addr add "$RTR/64" dev br0
	in_ns rtr ip link set br0 up # no carrier, so silent, until a host's end comes up
	in_ns rtr ip addr add 2001:db8:2::1/64 dev srv
	in_ns rtr ip -6 route add prohibit 2001:db8:dead::/48
	# The link to the server is narrower, so large packets meet "packet too big".
	in_ns rtr ip link set srv mtu 1400 up
	in_ns srv ip link set eth0 mtu 1400
	set_in ben net.ipv6.auto_flowlabels=0      # ben's packets carry label 0 unless a program asks
	set_in srv net.ipv6.flowlabel_reflect=7    # srv answers with the label it was asked with
}

bring_up() {
	local a
	in_ns ada ip addr add "$ADA/64" dev eth0
	in_ns ben ip addr add "$BEN/64" dev eth0
	in_ns srv ip addr add "$SRV/64" dev eth0
	for a in "$SRV_INLINE" "$SRV_ENCAP"; do # deprecated: no answer leaves from these unless asked there
		in_ns srv ip addr add "$a/64" dev eth0 preferred_lft 0
	done
	in_ns srv ip link set eth0 up
	in_ns srv ip -6 route add default via 2001:db8:2::1
	in_ns ada ip link set eth0 up
	in_ns ben ip link set eth0 up
	in_ns ada ip addr add 192.0.2.10/24 dev eth0
	in_ns ben ip addr add 192.0.2.11/24 dev eth0
	daemon rtr dnsmasq -k --conf-file=/dev/null --port=0 --user=root --enable-ra --interface=br0 --leasefile-ro \
		--bind-interfaces --dhcp-range=2001:db8:1::,ra-only
	for _ in {1..100}; do # the default routes of ada and ben come by router advertisement
		sleep 0.1
		[[ $(in_ns ada ip -6 route show default) && $(in_ns ben ip -6 route show default) ]] && break
	done
	in_ns ada ip -6 route add "$SRV_INLINE" encap seg6 mode inline segs "$RTR" dev eth0
	in_ns ada ip -6 route add "$SRV_ENCAP" encap seg6 mode encap segs "$RTR,$SRV_ENCAP" dev eth0
}

listen() {
	daemon rtr tcpdump -Z root -B 8192 -s 0 -i br0 -w "$out"
	tcpdump_job=${jobs_started[-1]}
	for _ in {1..100}; do
		grep -qs 'listening on' "$tmp/tcpdump.rtr" && return
		sleep 0.1
	done
	cat "$tmp/tcpdump.rtr" >&2
	return 1
}

nginx_conf() {
	cat <<-CONF
		daemon off; pid $tmp/nginx.pid; user root; worker_processes 1; error_log stderr;
		events {}
		http {
			access_log off;
			client_body_temp_path $tmp/b; proxy_temp_path $tmp/p; fastcgi_temp_path $tmp/f;
			uwsgi_temp_path $tmp/u; scgi_temp_path $tmp/s;
			server {
				listen [::]:80; listen [::]:443 ssl;
				ssl_certificate $tmp/tls.crt; ssl_certificate_key $tmp/tls.key;
				root $tmp/www;
			}
		}
	CONF
}

serve() {
	mkdir -p "$tmp/www" /run/sshd
	for n in 1 20 200; do seq 1 "$n" >"$tmp/www/$n.txt"; done
	seq 1 6000 >"$tmp/www/large.txt"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=srv.example \
		-keyout "$tmp/tls.key" -out "$tmp/tls.crt" 2>"$tmp/openssl.log"
	nginx_conf >"$tmp/nginx.conf"
	ssh-keygen -q -t ed25519 -N '' -C host -f "$tmp/hostkey"
	ssh-keygen -q -t ed25519 -N '' -C user -f "$tmp/userkey"
	daemon srv nginx -e stderr -c "$tmp/nginx.conf"
	daemon srv dnsmasq -k --conf-file=/dev/null --no-resolv --no-hosts --user=root --local=/example/ \
		--host-record=srv.example,"$SRV" --host-record=rtr.example,"$RTR" --address=/hosts.example/2001:db8:2::beef \
		--txt-record=text.example,"the quick brown fox" --mx-host=example,srv.example,10
	daemon srv "$(command -v sshd)" -D -f /dev/null -h "$tmp/hostkey" -o UsePAM=yes -o StrictModes=no -o PidFile=none \
		-o PermitRootLogin=prohibit-password -o AuthorizedKeysFile="$tmp/userkey.pub"
	daemon srv iperf3 -s
	daemon srv python3 "$helper" serve
	daemon ben python3 -m http.server --bind :: --directory "$tmp/www" 8000
	for port in 22 53 80 5201 4000; do await srv "$port"; done
	await ben 8000
}

# await waits for a listener on TCP port $2 without sending a packet to it.
await() {
	for _ in {1..100}; do
		[[ $(in_ns "$1" ss -Hltn "sport = :$2") ]] && return
		sleep 0.1
	done
	echo "nothing listens on port $2 of $1" >&2
	return 1
}

names() { # names $1 to $2, several record types, some that do not exist
	local i
	for ((i = $1; i <= $2; i++)); do
		case $((i % 5)) in
		0) echo "absent$i.example AAAA" ;;
		1) echo "text.example TXT" ;;
		2) echo "example MX" ;;
		3) echo "-x 2001:db8:2::53" ;;
		*) echo "h$i.hosts.example AAAA" ;;
		esac
	done
}

dns() { # dns HOST FIRST LAST [OPTION...]
	names "$2" "$3" >"$tmp/names.$1.$2"
	run "$1" dig "${@:4}" +tries=1 +time=2 "@$SRV" -f "$tmp/names.$1.$2"
}

web() { # web HOST TIMES: each curl is a connection of its own, the last reuses one
	local i
	for ((i = 0; i < $2; i++)); do run "$1" curl -sgo /dev/null "http://[$SRV]/$((i % 3 ? 1 : 20)).txt"; done
	for i in 1 2 3; do run "$1" curl -sgko /dev/null "https://[$SRV]/200.txt"; done
	run "$1" curl -sg "http://[$SRV]/1.txt" "http://[$SRV]/20.txt" "http://[$SRV]/200.txt" "http://[$SRV]/none"
}

errors() { # errors HOST: refusals and complaints of every kind
	run "$1" nc -6zv -w 1 "$SRV" 9000-9009
	run "$1" traceroute -6 -n -q 3 "$SRV"
	run "$1" traceroute -6 -n -I -q 2 -l 0x7ace "$SRV"
	run "$1" traceroute -6 -n -T -p 80 -q 2 "$SRV"
	run "$1" ping -6 -n -c 2 -i 0.2 -W 1 2001:db8:dead::1    # prohibited
	run "$1" ping -6 -n -c 1 -W 4 2001:db8:1::99            # nobody there
	run "$1" ping -6 -n -c 2 -i 0.2 -W 1 -M "do" -s 1430 "$SRV" # packet too big
}

ada() {
	run ada ping -6 -n -c 5 -i 0.2 "$SRV"
	run ada ping -6 -n -c 3 -i 0.2 -F 0x4a11 "$SRV"
	run ada ping -6 -n -c 4 -i 0.2 -s 4000 "$BEN"
	run ada ping -6 -n -c 3 -i 0.2 -s 4000 "$SRV"
	run ada ping -6 -n -c 3 -i 0.2 ff02::1%eth0
	run ada python3 "$helper" talk "$SRV" "$RTR"
	run ada curl -sgo /dev/null "http://[$SRV]/large.txt"
	run ada iperf3 -6 -c "$SRV" -n 60K -L 0x12345
	run ada iperf3 -6 -c "$SRV" -u -b 4M -n 48K -l 900
	run ada curl -sgo /dev/null "http://[$BEN]:8000/200.txt"
	for a in "$SRV_INLINE" "$SRV_ENCAP"; do
		run ada ping -6 -n -c 3 -i 0.2 "$a"
		for _ in {1..5}; do run ada curl -sgo /dev/null "http://[$a]/20.txt"; done
	done
	errors ada
}

ben() {
	run ben ping -6 -n -c 5 -i 0.2 "$ADA"
	run ben ssh -6 -F /dev/null -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
		-i "$tmp/userkey" "root@$SRV" seq 1 500
	run ben iperf3 -6 -c "$SRV" -p 5201 -R -n 40K
	run ben python3 "$helper" talk "$SRV" "$RTR"
	run ben ping -4 -n -c 2 -i 0.2 192.0.2.10 # a few frames that are not IPv6
	errors ben
}

[[ $(id -u) == 0 ]] || { echo "capture.sh needs root" >&2; exit 1; }
build
listen
bring_up
serve
ada & clients=($!)
ben & clients+=($!)
dns ada 1 150 & clients+=($!)
dns ben 151 300 & clients+=($!)
{ dns ada 301 320 +tcp; dns ben 321 330 +tcp +dnssec; } & clients+=($!)
web ada 60 & clients+=($!)
web ben 40 & clients+=($!)
wait "${clients[@]}"
sleep 1 # the last listener reports and reset connections
kill "$tcpdump_job" # SIGTERM: it writes out what it holds and says what it lost
wait "$tcpdump_job" || true
cat "$tmp/tcpdump.rtr" >&2
