"""A router session that answers out of a table."""

from __future__ import annotations

from onshi_net.platforms.base import Credentials, Identity
from onshi_net.transport.errors import CommandRejected, SessionLost

CANARY = "canary-password-7"


ANSWERS = {
    "show status lan2": "動作モード設定: Auto Negotiation (1000BASE-T Full Duplex)",
    "show status lan1": "PORT1: Auto Negotiation (Link Down)",
    "show ipv6 address": "VLAN1 scope-id 1 [up]\n グローバル 2001:db8:51:100::1/64",
    "show ipv6 route": "default  fe80::1  LAN2  temporary",
    "show status ipv6 dhcp": "DHCPv6 status",
    "show arp": "Count: 0",
    "nslookup assv.asc.flets-west.jp": "2001:db8::9",
}


class Session:
    """A router session out of a table; a command that is not there is rejected."""

    host, used_initial = "10.51.1.1", False
    credentials = Credentials("site", "site-admin")
    identity = Identity(model="RTX830", serial="S5X000001")

    def __init__(self, answers=None, pings="2 packets transmitted, 2 received", lost=""):
        self.answers, self.pings, self.lost = answers or ANSWERS, pings, lost
        self.asked, self.closed = [], False

    def config(self):
        return "# RTX830\nip lan1 address 10.51.1.1/24\nlogin user onshi *\n"

    def saved_config(self):
        return "# another date\nlogin user onshi *\n"

    def show(self, command):
        self.asked.append(command)
        if command == self.lost:
            raise SessionLost("transport.lost", host=self.host)
        if command.startswith("ping6"):
            return self.pings
        if command not in self.answers:
            raise CommandRejected(command, f"エラー: {CANARY}-demo-clinic/router", host=self.host)
        return self.answers[command]

    def close(self):
        self.closed = True
