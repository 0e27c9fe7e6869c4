"""Who gets in over the network: NTLM against the local accounts, lock-out, remote UAC.

Sources: learn.microsoft.com "User Account Control and remote restrictions" (a local administrator
other than RID 500 gets a filtered token unless LocalAccountTokenFilterPolicy is 1) and "Account
lockout policy"; [MS-NLMP] 3.1.1.1: MaxLifetime of a response is 36 hours, beyond it the logon is
refused.
"""

import os
from pathlib import Path

from onshi_lab.windows.accounts import (
    BATCH,
    DENY_BATCH,
    DENY_NETWORK,
    EVERYONE_SID,
    GROUPS,
    LOCAL_ACCOUNT_SID,
    MICROSOFT_ACCOUNT,
    NETWORK,
    RIGHTS,
    USERS_SID,
    Account,
    Accounts,
    Logon,
    LogonFailure,
    LogonType,
)
from onshi_lab.windows.clock import Clock
from onshi_lab.windows.eventlog import SECURITY, EventLog
from onshi_lab.windows.filesystem import AUTHENTICATED_USERS_SID
from onshi_lab.windows.registry import Registry
from onshi_lab.windows.wsman.auth import Claim

MAX_LIFETIME = 36 * 3600.0
NEEDED = {LogonType.BATCH: (BATCH, DENY_BATCH), LogonType.NETWORK: (NETWORK, DENY_NETWORK)}
"""The right that a kind of logon needs, and the one that denies it."""
NO_LM_HASH = "AAD3B435B51404EEAAD3B435B51404EE"


class Security:
    """Answers logon attempts and writes the Security log."""

    def __init__(
        self,
        name: str,
        accounts: Accounts,
        events: EventLog,
        registry: Registry,
        clock: Clock,
        ntlm_file: Path,
    ) -> None:
        self._accounts = accounts
        self._events = events
        self._registry = registry
        self._clock = clock
        self._file = ntlm_file
        self._domains = {"", ".", name.upper(), "WORKGROUP"}
        self._lock = accounts.lock
        self._published = ""
        self.rights = dict(RIGHTS)
        """User rights assignment: SIDs by right."""
        os.environ["NTLM_USER_FILE"] = str(ntlm_file)
        self.publish()

    def clock(self) -> float:
        """The PC's own time, in seconds since the epoch."""
        return self._clock.now()

    def publish(self) -> None:
        """Writes the hashes where the NTLM library reads them, for every domain name in use.

        A workgroup PC checks any domain name that it doesn't know against its own accounts.
        """
        with self._lock:  # else older hashes could be written over newer ones
            lines = []
            for account in self._accounts.all():
                for user in self._names(account):
                    lines.append(f"{user}:1000:{NO_LM_HASH}:{account.nt_hash}:[U]:LCT-0")
            text = "\n".join(lines) + "\n"
            if text == self._published:  # other connections read the file at any time
                return
            draft = self._file.with_suffix(".new")
            draft.touch(mode=0o600)
            draft.write_text(text, encoding="utf-8")
            draft.replace(self._file)
            self._published = text

    def _names(self, account: Account) -> list[str]:
        """Every name under which a client may prove that it is a user."""
        known = [account.domain] if account.domain else sorted(self._domains)
        names = [f"{domain}\\{account.name}" if domain else account.name for domain in known]
        if account.principal:
            names += [account.principal, f"{MICROSOFT_ACCOUNT.upper()}\\{account.principal}"]
            names += [f"{MICROSOFT_ACCOUNT}\\{account.principal}"]
        return names

    def _claimed(self, claim: Claim) -> Account:
        found = self._accounts.claimed(claim.domain, claim.user)
        if found is None:
            raise LogonFailure(LogonFailure.NO_SUCH_USER)
        return self._accounts.usable(found.key)

    def prepare(self, claim: Claim) -> None:
        """Refuses a claim that no password could prove; raises LogonFailure."""
        account = self._claimed(claim)
        if account.blank_password:  # LimitBlankPasswordUse
            raise LogonFailure(LogonFailure.BLANK_PASSWORD)
        if abs(self._clock.skew) > MAX_LIFETIME:
            raise LogonFailure(LogonFailure.TIME_SKEW)
        with self._lock:
            self._domains.add(claim.domain.upper())
            self.publish()

    def admit(self, claim: Claim, address: str) -> Logon:
        """The network logon session of a proved claim."""
        account = self._accounts.succeeded(self._claimed(claim).key)
        full = account.is_builtin_administrator or self._token_filter_policy()
        logon = Logon(account.name, account.sid, LogonType.NETWORK, account.is_admin and full)
        self._events.write(
            SECURITY,
            4624,
            TargetUserName=account.name,
            LogonType=int(logon.kind),
            IpAddress=address,
            ElevatedToken=logon.elevated,
        )
        return logon

    def _token_filter_policy(self) -> bool:
        key = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System"
        return bool(self._registry.get(key, "LocalAccountTokenFilterPolicy") == 1)

    def refuse(self, claim: Claim | None, address: str, status: int) -> None:
        """Writes event 4625, counts a wrong password and notes a lock-out."""
        user = claim.user if claim is not None else "-"
        named = self._accounts.claimed(claim.domain, claim.user) if claim is not None else None
        if named is not None and status == LogonFailure.WRONG_PASSWORD:
            self._accounts.failed(named.key)
            account = self._accounts.find(named.key)
            if account is not None and account.locked:
                self._events.write(SECURITY, 4740, TargetUserName=user)
        self._events.write(
            SECURITY, 4625, TargetUserName=user, SubStatus=f"0x{status:08X}", IpAddress=address
        )

    def _may(self, account: Account, right: str, denied: str) -> bool:
        """Whether a right is granted; what is denied outweighs it."""
        sids = {account.sid, EVERYONE_SID, AUTHENTICATED_USERS_SID, USERS_SID}
        sids |= {GROUPS[one] for one in account.groups if one in GROUPS}
        sids |= set() if account.domain else {LOCAL_ACCOUNT_SID}
        return bool(sids & {*self.rights[right]}) and not sids & {*self.rights[denied]}

    def logon(self, user: str, password: str, kind: LogonType) -> Logon:
        """A logon of a kind with a password; raises LogonFailure.

        That a right is lacking is told only to whoever proved the password.
        """
        account = self._accounts.check(user, password)
        if account.blank_password and kind is not LogonType.INTERACTIVE:
            raise LogonFailure(LogonFailure.BLANK_PASSWORD)
        needed = NEEDED.get(kind)
        if needed is not None and not self._may(account, *needed):
            raise LogonFailure(LogonFailure.TYPE_NOT_GRANTED)
        self._events.write(SECURITY, 4624, TargetUserName=account.name, LogonType=int(kind))
        return Logon(account.name, account.sid, kind, elevated=False, password=password)
