"""What tests that break a change in its middle make of a delivered router: a divided LAN too."""

WANTED = (
    "description 1 demo",
    "vlan port mapping lan1.2 vlan1",
    "vlan port mapping lan1.3 vlan2",
    "lan type lan1 port-based-option=divide-network",
    "ip vlan1 address 10.51.1.1/24",
    "ip vlan2 address 192.168.1.254/24",
    "ip filter 100099 reject * * * * *",
    "ip lan2 secure filter in 100099",
    "telnetd service off",
    "sshd service on",
)
