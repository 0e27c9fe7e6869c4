"""What on a PC keeps the work from coming out: policies, services, states. Pure.

Sources (Microsoft): "Network access: Do not allow storage of passwords and credentials for network
authentication" (DisableDomainCreds); "Network security: Restrict NTLM" (RestrictSendingNTLMTraffic,
RestrictReceivingNTLMTraffic: 2 denies all; ClientAllowedNTLMServers); "Block NTLM connections on
SMB" of Windows 11 24H2 (BlockNTLM, BlockNTLMServerExceptionList); "How to determine whether a
restart is pending" (the two keys); "Detect, enable and disable SMBv1, SMBv2 and SMBv3" (SMB2 of
LanmanServer, Start of mrxsmb20); "Network access: Sharing and security model for local accounts"
(ForceGuest); "Control SMB signing behavior" (RequireSecuritySignature; a client of 24H2 demands
signing and refuses guests where nothing is set); "Configure the SMB client to require encryption"
(RequireEncryption); "Network security: LAN Manager authentication level" (LmCompatibilityLevel: 0
to 2 send the old answers); the group policies of WinRM's service (AllowBasic,
AllowUnencryptedTraffic, IPv4Filter, IPv6Filter). A value that isn't there is Windows' default,
which is off.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from onshi_net.facts.pc import PcState
from onshi_net.pcs.decision import Conflict, Left, Note, Why

_LSA = "HKLM:\\SYSTEM\\CurrentControlSet\\Control\\Lsa"
_NTLM = f"{_LSA}\\MSV1_0"
_SMB_POLICY = "HKLM:\\SOFTWARE\\Policies\\Microsoft\\Windows\\LanmanWorkstation"
_SMB = "HKLM:\\SYSTEM\\CurrentControlSet\\Services\\LanmanWorkstation\\Parameters"
_SERVER = "HKLM:\\SYSTEM\\CurrentControlSet\\Services\\LanmanServer\\Parameters"
_SMB2_DRIVER = "HKLM:\\SYSTEM\\CurrentControlSet\\Services\\mrxsmb20"
_WINRM = "HKLM:\\SOFTWARE\\Policies\\Microsoft\\Windows\\WinRM\\Service"
_CURRENT = "HKLM:\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion"
PENDING = (
    f"{_CURRENT}\\Component Based Servicing\\RebootPending",
    f"{_CURRENT}\\WindowsUpdate\\Auto Update\\RebootRequired",
)
"""Keys that are there while a restart is pending."""
PUBLIC = "Public"
WORKSTATION_SERVICE = "LanmanWorkstation"


@dataclass(frozen=True, slots=True)
class Policy:
    """A value of the registry."""

    conflict: Why
    path: str
    name: str
    denies: str
    """The value that denies."""
    spared: str = ""
    """The value beside it that lists servers for which it does not count."""


RECEIPT_POLICIES = (
    Policy(Why.CREDENTIALS_OFF, _LSA, "DisableDomainCreds", "1"),
    Policy(Why.NTLM_OUT, _NTLM, "RestrictSendingNTLMTraffic", "2", "ClientAllowedNTLMServers"),
    Policy(Why.NTLM_SMB, _SMB_POLICY, "BlockNTLM", "1", "BlockNTLMServerExceptionList"),
    Policy(Why.NTLM_SMB, _SMB, "BlockNTLM", "1", "BlockNTLMServerExceptionList"),
    Policy(Why.NO_SMB2, _SMB2_DRIVER, "Start", "4"),
)
TERMINAL_POLICIES = (
    Policy(Why.NTLM_IN, _NTLM, "RestrictReceivingNTLMTraffic", "2"),
    Policy(Why.GUEST_ONLY, _LSA, "ForceGuest", "1"),
    Policy(Why.NO_SMB2, _SERVER, "SMB2", "0"),
)
STRICT = (
    (_SMB_POLICY, "RequireSecuritySignature"),
    (_SMB, "RequireSecuritySignature"),
    (_SMB_POLICY, "RequireEncryption"),
    (_SMB, "RequireEncryption"),
)
"""What a client may demand of every server; 1: it does."""
STRICT_BUILD = 26_100
"""From Windows 11 24H2 on a client demands signing by itself (Microsoft, Windows 11 release
information)."""
NTLM_LEVEL = (_LSA, "LmCompatibilityLevel")
OLD_LEVELS = frozenset({"0", "1", "2"})
OPEN = ((_WINRM, "AllowBasic"), (_WINRM, "AllowUnencryptedTraffic"))
"""Policies by which a password may pass WinRM in clear; 1: it may. The tool never does it."""
FILTERS = ((_WINRM, "IPv4Filter"), (_WINRM, "IPv6Filter"))
"""Which of the PC's own addresses WinRM listens on: `*`, ranges with commas; '': on none."""
EVERY = "*"


def asked() -> list[dict[str, str]]:
    """Answers the values that a PC is asked for."""
    some = (*RECEIPT_POLICIES, *TERMINAL_POLICIES)
    names = [(one.path, name) for one in some for name in (one.name, one.spared) if name]
    names += [*STRICT, NTLM_LEVEL, *OPEN, *FILTERS]
    return [{"path": path, "name": name} for path, name in dict.fromkeys(names)]


def _value(state: PcState, path: str, name: str) -> str:
    found = (one.value for one in state.policies if (one.path, one.name) == (path, name))
    return next(found, "")


def policy_conflicts(
    state: PcState, policies: tuple[Policy, ...], servers: tuple[str, ...] = ()
) -> Iterator[Conflict]:
    """Finds policies that keep a PC from using the shares of `servers`, or from giving its own."""
    told: set[Why] = set()
    for one in policies:
        if _value(state, one.path, one.name) != one.denies or one.conflict in told:
            continue
        patterns = _value(state, one.path, one.spared).lower().split() if one.spared else []
        left = [s for s in servers if not any(fnmatchcase(s.lower(), p) for p in patterns)]
        if left or not servers:
            told.add(one.conflict)
            yield Conflict(one.conflict, {"policy": one.name, "servers": ", ".join(left)})


def service_conflicts(state: PcState) -> Iterator[Conflict]:
    """Finds that the PC can't open anybody's shares: its Workstation service does not run."""
    if state.workstation is False:
        yield Conflict(Why.NO_WORKSTATION, {"service": WORKSTATION_SERVICE})


def condition_notes(state: PcState) -> Iterator[Note]:
    """Answers what may explain a failure and is no reason to refuse the PC."""
    if state.pending:
        yield Note(Left.RESTART_PENDING)
    for one in state.profiles:
        if one.category == PUBLIC:
            yield Note(Left.PUBLIC, {"alias": one.alias})
    if state.firewalls:
        yield Note(Left.OTHER_FIREWALL, {"names": ", ".join(state.firewalls)})
    wide = [name for path, name in OPEN if _value(state, path, name) == "1"]
    if wide:
        yield Note(Left.WINRM_OPEN, {"policies": ", ".join(wide)})
    for path, name in FILTERS:
        listens = _value(state, path, name)
        if listens not in {"", EVERY}:
            yield Note(Left.WINRM_FILTER, {"policy": name, "filter": listens})


def client_notes(state: PcState) -> Iterator[Note]:
    """Answers what a PC that opens shares demands of who gives them, and how it shows itself."""
    strict = {name for path, name in STRICT if _value(state, path, name) == "1"}
    if state.system.build >= STRICT_BUILD:
        strict.add(f"Windows build {state.system.build}")
    if strict:
        yield Note(Left.SMB_STRICT, {"policies": ", ".join(sorted(strict))})
    if _value(state, *NTLM_LEVEL) in OLD_LEVELS:
        yield Note(Left.OLD_NTLM, {"policy": NTLM_LEVEL[1], "level": _value(state, *NTLM_LEVEL)})
