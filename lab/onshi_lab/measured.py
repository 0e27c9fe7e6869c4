"""A clinic as it was measured: the evidence of a run of `onshi verify`, raised again.

Read by its form alone, of the formats that are known here (`format`, see docs/lab-sites.md):
the router's running configuration, each PC's state with its routes, and what the
measurement says of cables and of the line. Nothing here knows the product; what it does not name is
as at any site. Masked passwords are the site's own.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from onshi_lab.errors import UsageError
from onshi_lab.site import Pc, Site

FORMAT = 4
"""Of the evidence that this knows; PCs' states are in it since 4, the configuration since 3."""
MOST_BYTES = 32 << 20
OTHER_PASSWORD = "not-the-sites-1"  # noqa: S105 - what stands for a password that is wrong
SOON_DAYS = 60
REFUSED = frozenset({86, 1326})
"""ERROR_INVALID_PASSWORD and ERROR_LOGON_FAILURE (Microsoft, System Error Codes)."""
KEPT = "console "
"""Lines about the console itself are what the lab was asked for (`--language`)."""
Data = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Measured:
    """One run's evidence."""

    evidence: Data

    @property
    def site(self) -> str:
        """The site that was measured."""
        return str(self.evidence["site"])

    @property
    def router(self) -> dict[str, Any]:
        """What the router was: facts for `Record.router`; {} where nobody got in."""
        told = _data(self.evidence.get("router"))
        lines = _found(told.get("running"))
        if not isinstance(lines, list):
            return {}
        known = {
            name: str(told[name])
            for name in ("model", "firmware", "serial")
            if isinstance(told.get(name), str)
        }
        return {**known, "own_passwords": True, "config": "\n".join(typed(map(str, lines)))}

    def faults(self, site: Site) -> tuple[str, ...]:
        """What was broken beside configurations and PCs, as names of the catalogue."""
        return tuple(sorted(set(_faults(self.evidence, site))))

    def requests(self, site: Site, pc: Pc, secrets: Mapping[str, str]) -> Iterator[str]:
        """What is done to a PC so that it is as it was, as requests of its control."""
        link = secrets[site.references.link]
        for group in ("terminals", "receipts"):
            for one in _list(_data(self.evidence.get("windows")).get(group)):
                session, state = _data(one.get("session")), one.get("state")
                if session.get("host") != pc.name:
                    continue
                if isinstance(state, dict):
                    yield from _requests(pc, state, session, link)
                elif "service-off" in _list(session.get("causes")):
                    yield json.dumps({"do": "service", "name": "WinRM", "running": False})


def load(file: Path) -> Measured:
    """Reads evidence. Raises UsageError for what is none, and for a format that is not known."""
    try:
        if file.stat().st_size > MOST_BYTES:
            raise ValueError("too large")
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(f"{file} is no evidence of a run: {error}") from None
    if not isinstance(found, dict) or not isinstance(found.get("site"), str):
        raise UsageError(f"{file} is no evidence of a run: it names no site")
    if not isinstance(found.get("format"), int) or not 3 <= found["format"] <= FORMAT:
        raise UsageError(
            f"{file} has format {found.get('format')!r}; 3 and {FORMAT} are known here: measure"
            " the site with the onshi of this lab, or use the lab of that onshi"
        )
    return Measured(found)


def _data(value: Any) -> Data:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _found(reading: Any) -> Any:
    return _data(reading).get("found")


# -- the router ----------------------------------------------------------------------------------


def typed(lines: Iterable[str]) -> Iterator[str]:
    """Answers a running configuration as it is typed on top of a delivered one.

    What the delivered configuration has and it has not goes first. Lines with a masked secret are
    left out: the passwords are the site's, the host key is the lab's.
    """
    given = list(lines)
    words = [line.split() for line in given]
    if not any(word[:3] == ["ip", "lan1", "address"] for word in words):
        yield "no ip lan1 address"
    inside = False
    for line in given:
        if inside and not line.startswith(" "):
            yield "pp select none"
            yield "tunnel select none"
            inside = False
        if (line.split()[-1:] == ["*"] and _is_secret(line)) or line.startswith(KEPT):
            continue
        inside = inside or line.split()[1:2] == ["select"]
        yield line.strip()


def _is_secret(line: str) -> bool:
    first = line.split()[:2]
    return first in (["login", "user"], ["login", "password"], ["administrator", "password"]) or (
        line.startswith("sshd host key generate")
    )


# -- what is broken beside -----------------------------------------------------------------------


def _faults(evidence: Data, site: Site) -> Iterator[str]:
    router, laptop = _data(evidence.get("router")), _data(evidence.get("laptop"))
    ports = _list(_data(_found(router.get("wan"))).get("ports"))
    if ports and all(_data(port).get("up") is False for port in ports):
        yield "wan-cable-out"
    page = _data(_data(laptop.get("services")).get("line-auth")).get("page")
    if "失敗" in str(_data(_found(page)).get("body", "")):
        yield "lineauth-unregistered"
    owners, legs = _data(laptop.get("owners")), _data(laptop.get("legs"))
    for pcs, leg, fault in (
        (site.terminals, "terminal", "terminal-cable-out"),
        (site.receipts, "clinic", "receipt-cable-out"),
    ):
        owner = _data(owners.get(pcs[0].name)) if pcs else {}
        if legs.get(leg) and owner.get("outcome") == "no-answer":
            yield fault
    yield from _certificates(evidence)


def _certificates(evidence: Data) -> Iterator[str]:
    terminals = _list(_data(evidence.get("windows")).get("terminals"))
    state = _data(terminals[0]).get("state") if terminals else None
    if not isinstance(state, dict):
        return
    own = [one for one in _list(state.get("certificates")) if _data(one).get("has_key")]
    if not own:
        yield "certificate-missing"
        return
    asked = _moment(_data(terminals[0].get("session")).get("asked_at"))
    ends = max(_moment(one.get("until")) for one in own)
    if (ends - asked).days < SOON_DAYS:
        yield "certificate-soon"


def _moment(text: Any) -> datetime:
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return datetime.now(UTC)
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


# -- the PCs -------------------------------------------------------------------------------------


def _requests(pc: Pc, state: Data, session: Data, link: str) -> Iterator[str]:
    admin = next(user.name for user in pc.users if user.admin)
    script = "\n".join(["$ErrorActionPreference = 'Stop'", *_script(pc, state, link)])
    yield _console(admin, script)
    store = state.get("store")
    user = next((one.name for one in pc.users if not one.admin), admin)
    if isinstance(store, dict) and (lines := list(_store(store, link))):
        yield _console(user, "\n".join(lines))
    if _data(state.get("user")).get("locked"):
        yield json.dumps({"do": "lock", "user": state["user"]["name"], "locked": True})
    for profile in _list(state.get("profiles")):
        if (category := str(_data(profile).get("category")).lower()) in {"public", "private"}:
            yield json.dumps({"do": "profile", "category": category})
    system = _data(state.get("system"))
    off = (_moment(system.get("utc")) - _moment(session.get("asked_at"))).total_seconds()
    if abs(off) > 30:
        yield json.dumps({"do": "clock-skew", "seconds": round(off)})


def _console(user: str, script: str) -> str:
    return json.dumps({"do": "console", "user": user, "script": script})


def _q(value: Any) -> str:
    return "'" + str(value).replace("'", "''") + "'"


def _script(pc: Pc, state: Data, link: str) -> Iterator[str]:
    yield "$card = [int]@(Get-NetAdapter)[0].InterfaceIndex"
    own = [one for one in _list(state.get("addresses")) if "." in one["address"]]
    cards = {one["interface"] for one in own if not one["address"].startswith("127.")}
    yield from _addresses(pc, state)
    yield from _routes(state, cards)
    yield from _registry(state)
    yield from _user(state, link)
    yield from _shares(state)
    yield from _rules(state)
    yield from _resolvers(state, cards)
    yield from _services(state)


def _addresses(pc: Pc, state: Data) -> Iterator[str]:
    for one in _list(state.get("addresses")):
        address, length = str(one["address"]), int(one["prefix_length"])
        if one.get("origin") != "Manual" or ":" in address or address.startswith("127."):
            continue
        if address != str(pc.address.ip):
            yield (
                f"$null = New-NetIPAddress -InterfaceIndex $card -IPAddress {_q(address)}"
                f" -PrefixLength {length}"
            )
        elif length != pc.address.network.prefixlen:
            yield (
                f"Set-NetIPAddress -InterfaceIndex $card -IPAddress {_q(address)}"
                f" -PrefixLength {length}"
            )


def _routes(state: Data, cards: set[int]) -> Iterator[str]:
    yield (
        "foreach ($store in @('ActiveStore', 'PersistentStore')) {\n"
        "  foreach ($way in @(Get-NetRoute -AddressFamily 'IPv4' -PolicyStore $store"
        " -ErrorAction SilentlyContinue)) {\n"
        "    if ([string]$way.NextHop -ne '0.0.0.0') {\n"
        "      Remove-NetRoute -DestinationPrefix ([string]$way.DestinationPrefix)"
        " -NextHop ([string]$way.NextHop) -PolicyStore $store -Confirm:$false\n    }\n  }\n}"
    )
    ways: dict[tuple[str, str], dict[str, int]] = {}
    for one in _list(state.get("routes")):
        destination, hop = str(one["destination"]), str(one["next_hop"])
        if ":" in destination or hop in {"0.0.0.0", ""} or one["interface"] not in {0, *cards}:
            continue
        ways.setdefault((destination, hop), {})[str(one["store"])] = int(one["metric"])
    for (destination, hop), stores in ways.items():
        named = f"-DestinationPrefix {_q(destination)} -NextHop {_q(hop)} -InterfaceIndex $card"
        active, later = stores.get("ActiveStore"), stores.get("PersistentStore")
        if later is not None:
            yield f"$null = New-NetRoute {named} -RouteMetric {later}"
        if later is not None and active != later:
            yield f"Remove-NetRoute {named} -PolicyStore 'ActiveStore' -Confirm:$false"
        if active is not None and active != later:
            yield f"$null = New-NetRoute {named} -RouteMetric {active} -PolicyStore 'ActiveStore'"


def _registry(state: Data) -> Iterator[str]:
    key = "HKLM:\\SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters\\PersistentRoutes"
    for name in _list(state.get("registry_routes")):
        yield (
            f"$null = New-ItemProperty -LiteralPath {_q(key)} -Name {_q(name)} -Value ''"
            " -PropertyType 'String' -Force"
        )
    for one in _list(state.get("policies")):
        if not (value := str(one.get("value", ""))):
            continue
        path, kind = _q(one["path"]), "DWord" if value.isdigit() else "String"
        yield (
            f"if (-not (Test-Path -LiteralPath {path})) {{\n"
            f"  $null = New-Item -Path {path} -Force\n}}\n"
            f"$null = New-ItemProperty -LiteralPath {path} -Name {_q(one['name'])}"
            f" -Value {value if kind == 'DWord' else _q(value)} -PropertyType '{kind}' -Force"
        )


def _user(state: Data, link: str) -> Iterator[str]:
    user = _data(state.get("user"))
    if not user:
        return
    name = _q(user["name"])
    password = OTHER_PASSWORD if user.get("password_good") is False else link
    never = "" if user.get("expires") else " -PasswordNeverExpires"
    yield (
        f"$password = [System.Net.NetworkCredential]::new('', {_q(password)}).SecurePassword\n"
        f"$null = New-LocalUser -Name {name} -Password $password{never}"
        " -UserMayNotChangePassword -AccountNeverExpires"
    )
    if not user.get("enabled", True) and not user.get("locked"):
        yield f"Disable-LocalUser -Name {name}"


def _shares(state: Data) -> Iterator[str]:
    user = _data(state.get("user")).get("name")
    for one in _list(state.get("folders")):
        if not one.get("there"):
            continue
        path = _q(one["path"])
        yield f"$null = New-Item -ItemType 'Directory' -Path {path} -Force"
        if one.get("granted") and user:
            yield (
                "$sid = (New-Object -TypeName 'System.Security.Principal.NTAccount' -ArgumentList"
                f" ($env:COMPUTERNAME + '\\' + {_q(user)}))"
                ".Translate([System.Security.Principal.SecurityIdentifier])\n"
                f"$acl = Get-Acl -LiteralPath {path}\n"
                "$rule = New-Object -TypeName 'System.Security.AccessControl.FileSystemAccessRule'"
                " -ArgumentList $sid, 'Modify', 'ContainerInherit,ObjectInherit', 'None', 'Allow'\n"
                "$acl.AddAccessRule($rule)\n"
                f"Set-Acl -LiteralPath {path} -AclObject $acl"
            )
    for share in _list(state.get("shares")):
        name = _q(share["name"])
        yield f"$null = New-SmbShare -Name {name} -Path {_q(share['path'])}"
        yield (
            f"foreach ($entry in @(Get-SmbShareAccess -Name {name})) {{\n"
            f"  $null = Revoke-SmbShareAccess -Name {name}"
            " -AccountName $entry.AccountName -Force\n}"
        )
        for entry in _list(share.get("access")):
            account = str(entry["account"]).rpartition("\\")[2]
            verb = "Grant" if entry.get("kind") == "Allow" else "Block"
            right = f" -AccessRight {_q(entry['right'])}" if verb == "Grant" else ""
            yield (
                f"$null = {verb}-SmbShareAccess -Name {name}"
                f" -AccountName {_q(account)}{right} -Force"
            )


def _rules(state: Data) -> Iterator[str]:
    for rule in _list(state.get("rules")):
        name, enabled = _q(rule["name"]), "True" if rule.get("enabled") else "False"
        ports = ", ".join(map(_q, rule.get("ports") or ["Any"]))
        sources = ", ".join(map(_q, rule.get("sources") or ["Any"]))
        yield (
            f"if (@(Get-NetFirewallRule -Name {name} -ErrorAction SilentlyContinue).Count) {{\n"
            f"  Set-NetFirewallRule -Name {name} -Enabled '{enabled}'\n}} else {{\n"
            f"  $null = New-NetFirewallRule -Name {name} -DisplayName {name} -Direction 'Inbound'"
            f" -Action 'Allow' -Protocol 'TCP' -LocalPort {ports} -RemoteAddress {sources}"
            f" -Profile 'Any' -Enabled '{enabled}'\n}}"
        )


def _resolvers(state: Data, cards: set[int]) -> Iterator[str]:
    for one in _list(state.get("fixed_resolvers")):
        servers = ", ".join(map(_q, _list(one.get("servers"))))
        if servers and one.get("interface") in cards:
            yield f"Set-DnsClientServerAddress -InterfaceIndex $card -ServerAddresses @({servers})"
    for one in _list(state.get("metrics")):
        if not one.get("automatic", True) and one.get("interface") in cards:
            yield (
                f"Set-NetIPInterface -InterfaceIndex $card -AddressFamily {_q(one['family'])}"
                f" -InterfaceMetric {int(one['metric'])}"
            )


def _services(state: Data) -> Iterator[str]:
    time = _data(state.get("time"))
    key = "HKLM:\\SYSTEM\\CurrentControlSet\\Services\\W32Time\\Parameters"
    if time:
        yield f"Set-ItemProperty -LiteralPath '{key}' -Name 'NtpServer' -Value {_q(time['server'])}"
        yield f"Set-ItemProperty -LiteralPath '{key}' -Name 'Type' -Value {_q(time['type'])}"
        if not time.get("domain_only"):
            yield "$null = sc.exe triggerinfo W32Time delete"
    for one in _list(state.get("services")):
        name = _q(one["name"])
        yield f"Set-Service -Name {name} -StartupType {_q(one['start'])}"
        verb = "Start" if one.get("running") else "Stop"
        yield f"{verb}-Service -Name {name}" + ("" if verb == "Start" else " -Force")
    if state.get("workstation") is False:
        yield "Set-Service -Name 'LanmanWorkstation' -StartupType 'Disabled'"
        yield "Stop-Service -Name 'LanmanWorkstation' -Force"


def _store(store: Data, link: str) -> Iterator[str]:
    refused = {
        int(one.get("code") or 0) & 0xFFFF
        for one in _list(store.get("proofs"))
        if not one.get("good")
    }
    password = OTHER_PASSWORD if refused & REFUSED else link
    for one in _list(store.get("entries")):
        if one.get("found"):
            yield (
                f"$null = cmdkey.exe ({_q('/add:' + str(one['target']))})"
                f" ({_q('/user:' + str(one['user']))}) ({_q('/pass:' + password)})"
            )
