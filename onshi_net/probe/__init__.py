"""The probe: packets and sockets in a process of their own, `python -m onshi_net.probe`.

JSON lines in, JSON lines out (`protocol`). It needs CAP_NET_RAW, which nothing else needs, and it
is the only place that imports Scapy (GPL-2-only; this package's own text is MIT). Nothing else of
`onshi_net` imports anything here but `protocol`, which imports neither Scapy nor anything of
`onshi_net`.

- `confine`    its rights: CAP_NET_RAW alone
- `serve`      the loop: requests run concurrently, each with a bounded time
- `net`        sockets opened once: legs (raw frames) and pingers (ICMP), one an interface
- `frames`     the frames that a leg sends and reads, by Scapy
- `ask_lan`    interfaces, router advertisements, address owners, DHCP servers, neighbours
- `ask_syn`    TCP by raw frames through a next hop of choice; what crosses from leg to leg
- `ask_path`   echo, path MTU, hops
- `ask_socket` TCP, TLS and HTTP, DNS, NTP by the kernel's own sockets
"""
