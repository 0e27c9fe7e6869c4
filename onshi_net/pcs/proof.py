"""What a receipt PC's access proof says: why it failed, and which entries are wrong."""

from __future__ import annotations

from typing import Any

from onshi_net.errors import DeviceError
from onshi_net.facts.pc import Proof, StoreState
from onshi_net.i18n import text
from onshi_net.intent.windows import CredentialIntent, ReceiptIntent
from onshi_net.pcs.receipt import stored_credentials
from onshi_net.pcs.resources import StoredCredential

SIGNATURE = 0x80090006
"""NTE_BAD_SIGNATURE: what came is not signed as SMB demands it ([MS-ERREF] 2.1.1)."""
PROOF_CAUSES = {
    3: "no-share",
    5: "denied",
    51: "no-path",
    53: "no-path",
    55: "no-share",
    59: "broken",
    64: "no-path",
    65: "denied",
    67: "no-share",
    71: "too-many",
    86: "password",
    112: "disk-full",
    121: "no-path",
    384: "smb1",
    1130: "too-many",
    1168: "no-entry",
    1208: "no-path",
    1203: "no-path",
    1219: "second-login",
    1222: "no-workstation",
    1225: "no-server",
    1231: "no-path",
    1232: "no-path",
    1240: "restricted",
    1272: "guest",
    1326: "password",
    1327: "restricted",
    1328: "restricted",
    1329: "restricted",
    1330: "expired",
    1331: "disabled",
    1385: "restricted",
    1793: "expired",
    1907: "expired",
    1909: "locked",
    1937: "ntlm",
    2138: "no-workstation",
    2114: "no-server",
    SIGNATURE: "signature",
}
"""Win32 errors of an SMB access (Microsoft, System Error Codes) and the catalogue's name below
`windows.proof.`."""
REFUSED = frozenset({"denied", "password", "locked", "disabled"})
"""Causes for which the terminal was reached and said no: then the entry is written anew."""


class ProofFailed(DeviceError):
    """Raised when the user can't use the share; `cause` names it below `windows.proof.`."""

    def __init__(self, intent: ReceiptIntent, proof: Proof) -> None:
        """Takes the receipt PC, and how its access ended."""
        self.cause = cause_of(proof)
        super().__init__(
            f"windows.proof.{self.cause}", host=intent.access.host, **told_of(intent, proof)
        )


def told_of(intent: ReceiptIntent, proof: Proof) -> dict[str, Any]:
    """Answers what the sentences below `windows.proof.` say of a failed access.

    The terminal is the one whose share it is; a remedy names it and the site.
    """
    share = proof.share.lower()
    terminal = next((one.terminal for one in intent.proofs if one.unc.lower() == share), "")
    return {
        "site": intent.site,
        "terminal": terminal,
        "user": intent.user,
        "share": proof.share,
        "step": text(f"windows.proof.step.{proof.step}", default=proof.step),
        "code": proof.error,
    }


def cause_of(proof: Proof) -> str:
    """Answers the catalogue's name of a failed access."""
    return PROOF_CAUSES.get(proof.error, "failed")


def _entries(intent: ReceiptIntent, store: StoreState) -> list[StoredCredential]:
    found = stored_credentials(intent, store)
    wanted = (StoredCredential(one.target, one.user, True) for one in intent.credentials)
    some = (found.get(one.key, StoredCredential(one.target, "", False)) for one in wanted)
    return [one for one in some if isinstance(one, StoredCredential)]


def entries_to_write(intent: ReceiptIntent, store: StoreState) -> tuple[CredentialIntent, ...]:
    """Answers the entries that are missing, for another user, for one logon, or refused. Pure."""
    by_target = {one.target.lower(): one for one in _entries(intent, store)}
    said = {proof.share.lower(): proof for proof in store.proofs}
    proofs = {str(one.address).lower(): said.get(one.unc.lower()) for one in intent.proofs}

    def is_wrong(one: CredentialIntent) -> bool:
        entry, proof = by_target[one.target.lower()], proofs.get(one.target.lower())
        if entry.user.lower() != one.user.lower():
            return True
        if proof is None or proof.good:
            return not entry.proved  # it opens the share, but only for this logon
        return cause_of(proof) in REFUSED

    return tuple(one for one in intent.credentials if is_wrong(one))
