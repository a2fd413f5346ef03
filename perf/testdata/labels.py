#!/usr/bin/env python3
"""UDP and TCP with leased flow labels and with extension headers.

    labels.py serve                 echo on UDP port 4000 and TCP port 4000
    labels.py talk SERVER ROUTER    talk to it in every way below

What ordinary programs seldom ask of the kernel, this one asks: labels leased
through IPV6_FLOWLABEL_MGR in each share mode, and hop-by-hop options,
destination options and routing headers, through plain sockets.
"""
import random
import socket
import struct
import sys
import threading

# Linux's numbers; Python's socket module lacks these.
IPV6_FLOWLABEL_MGR, IPV6_FLOWINFO_SEND = 32, 33
ACTION_GET, ACTION_PUT = 0, 1
FLAG_CREATE = 1
EXCLUSIVE, PROCESS, USER, ANY = 1, 2, 3, 255

PORT = 4000
PADN = bytes([0, 0, 1, 4, 0, 0, 0, 0])  # a whole options header: PadN alone
# A larger one: 0x1e is set aside for experiments (RFC 4727), "skip if unknown".
EXPERIMENT = bytes([0, 1, 0x1E, 11]) + b"flow labels" + bytes([0])


def segments(router):
    """A segment routing header by way of router. The kernel fills in segment 0."""
    via = socket.inet_pton(socket.AF_INET6, router)
    return struct.pack("!BBBBBBH", 0, 4, 4, 1, 1, 0, 0) + bytes(16) + via


def manage(sock, action, dst, label, share=0, options=b""):
    """One request to the flow label manager, lingering and expiring after 6 s."""
    request = socket.inet_pton(socket.AF_INET6, dst) + struct.pack("!I", label)
    request += struct.pack("=BBHHHI", action, share, FLAG_CREATE, 6, 6, 0)
    sock.setsockopt(socket.IPPROTO_IPV6, IPV6_FLOWLABEL_MGR, request + options)


def lease(sock, dst, share, label=0, options=b""):
    """Lease a label, and have the socket send what each address asks for.

    A label is chosen here and not by the kernel, whose own choice may lie in
    the half (from 0x80000) that it refuses to a second socket by name.
    """
    label = label or random.randrange(1, 0x80000)
    manage(sock, ACTION_GET, dst, label, share, options)
    sock.setsockopt(socket.IPPROTO_IPV6, IPV6_FLOWINFO_SEND, 1)
    return label


def cmsg(kind, data):
    """The lease's options travel behind the request as control messages."""
    head = struct.pack("@Nii", struct.calcsize("@Nii") + len(data), socket.IPPROTO_IPV6, kind)
    return head + data + bytes(-len(data) % 8)


def udp():
    sock = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    sock.settimeout(0.3)
    return sock


def exchange(sock, server, label=0, times=4, size=64):
    for i in range(times):
        sock.sendto(bytes([65 + i]) * size, (server, PORT, label, 0))
        try:
            sock.recv(65535)
        except TimeoutError:
            print("no answer", label, i)


def talk_leased(server):
    """Each share mode; the shared labels are used by three sockets at once."""
    for share, users in (EXCLUSIVE, 1), (PROCESS, 3), (USER, 3), (ANY, 3):
        for _ in range(3):
            socks = [udp() for _ in range(users)]
            label = lease(socks[0], server, share)
            for sock in socks[1:]:
                lease(sock, server, share, label)
            for sock in socks:
                exchange(sock, server, label)
            for sock in socks:
                manage(sock, ACTION_PUT, server, label)
                sock.close()


def talk_options(server, router):
    """Sticky extension headers on UDP sockets, alone and together."""
    hop = (socket.IPV6_HOPOPTS, PADN)
    dest = (socket.IPV6_DSTOPTS, EXPERIMENT)
    first = (socket.IPV6_RTHDRDSTOPTS, PADN)
    route = (socket.IPV6_RTHDR, segments(router))
    for chain in [hop], [dest], [route], [hop, dest], [hop, first, route, dest]:
        for size in 64, 3000:  # the larger goes out in fragments
            with udp() as sock:
                for option, header in chain:
                    sock.setsockopt(socket.IPPROTO_IPV6, option, header)
                exchange(sock, server, size=size)


def talk_lease_options(server):
    """A lease that brings its own hop-by-hop options to every packet."""
    for share in EXCLUSIVE, USER:
        with udp() as sock:
            label = lease(sock, server, share, options=cmsg(socket.IPV6_HOPOPTS, EXPERIMENT))
            exchange(sock, server, label, times=6)


def talk_tcp(server):
    """Connections under a leased label; the second sends destination options too."""
    for options in [], [(socket.IPV6_DSTOPTS, EXPERIMENT)]:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as sock:
            sock.settimeout(3)
            for option, header in options:
                sock.setsockopt(socket.IPPROTO_IPV6, option, header)
            label = lease(sock, server, EXCLUSIVE)
            sock.connect((server, PORT, label, 0))
            for i in range(6):
                sock.sendall(bytes([97 + i]) * 700)
                sock.recv(65535)


def talk(server, router):
    talk_leased(server)
    talk_options(server, router)
    talk_lease_options(server)
    talk_tcp(server)
    with udp() as sock:  # many listeners, one datagram
        sock.sendto(b"hello, all", ("ff02::1%eth0", PORT))


def serve_tcp(listener):
    while True:
        conn, _ = listener.accept()
        with conn:
            while data := conn.recv(65535):
                conn.sendall(data)


def serve():
    listener = socket.create_server(("::", PORT), family=socket.AF_INET6)
    threading.Thread(target=serve_tcp, args=[listener], daemon=True).start()
    sock = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    sock.bind(("::", PORT))
    while True:
        data, peer = sock.recvfrom(65535)
        sock.sendto(data[:200], peer)


if __name__ == "__main__":
    if sys.argv[1:] == ["serve"]:
        serve()
    elif len(sys.argv) == 4 and sys.argv[1] == "talk":
        talk(*sys.argv[2:])
    else:
        sys.exit(__doc__)
