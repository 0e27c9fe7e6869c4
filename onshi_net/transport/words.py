"""The first words of configuration commands, to tell a new line from the rest of a wrapped one.

Source: RTX command reference, the commands of chapters 4 to 55 that `show config` prints.
"""

from __future__ import annotations

FIRST_WORDS = frozenset(
    """
    account administrator alarm alias analog ap auth bgp bridge clear cloud connect console cooperation copy
    dashboard date delete description dhcp diagnosis disconnect dns dpi embedded ethernet ex-license external-memory
    fr heartbeat heartbeat2 http httpd import interface ip ipsec ipv6 isdn kill l2tp lan license line login loopback
    lua macro mail mobile mount nat netvolante-dns ngn no ntp ntpdate operation ospf packet-scheduling pki pp pppoe
    pptp pri provider qac-tm queue radius rip rotate router rtfs scp schedule security set sip snmp snmpv2c snmpv3
    speed sntpd ssh sshd sftpd statistics switch switching-hub syslog system tcp telnet telnetd terminal tftp time
    timezone tunnel upnp url usbhost user vlan vrrp vrx wan wins wol yno
    """.split()
)
