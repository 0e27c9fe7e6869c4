"""Who may be bound without a question: nobody of whom anything contradicts or wasn't measured."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onshi_net.errors import InputError, NotBound
from onshi_net.model import router_model
from onshi_net.provision.bind import (
    Claim,
    Owners,
    Shown,
    contradictions,
    earlier_key,
    read_fingerprint,
    require_bindable,
    tell,
    unmeasured,
)
from onshi_net.provision.journal import unfinished_runs
from onshi_net.transport.bond import Bond, By, bond_of
from onshi_net.transport.hostkeys import Forgotten, fingerprint

MAC, OTHER_MAC, PC_MAC = "ac:44:f2:00:00:01", "00:a0:de:00:00:02", "52:54:00:00:00:03"
MAKERS = router_model("RTX830").maker_macs
KEY, OTHER_KEY = b"the router's", b"somebody else's"
DIGEST = hashlib.sha256(KEY).digest()
SHOWN = Shown(fingerprint(KEY), (DIGEST,))
ONE = Owners((MAC,), asked=True)


@dataclass
class Device:
    """A device of which only the name is asked."""

    site: str = "demo"
    host: str = "router"
    address: str = "10.51.1.1"
    serial: str = "S1"
    recorded: list[Any] = field(default_factory=list)

    def known(self) -> dict[str, Bond]:
        return {}

    def look(self) -> Shown:
        return SHOWN

    def record(self, shown: Shown, bond: Bond, *, instead: bool) -> bool:
        return True

    def forget(self) -> Forgotten:
        return Forgotten(())

    def claim(self) -> Claim:
        return Claim()


def names(owners: Owners = ONE, **claim: Any) -> list[str]:
    found = contradictions(SHOWN, owners, Claim(**{"makers": MAKERS, **claim}))
    return [name.removeprefix("provision.bind.") for name, _ in found]


@pytest.mark.parametrize(
    ("owners", "claim", "expected"),
    [
        (ONE, {}, []),
        (ONE, {"mac": MAC}, []),
        (ONE, {"mac": OTHER_MAC}, ["other-mac"]),
        (Owners((PC_MAC,), asked=True), {}, ["other-maker"]),
        # The label decides over the maker's list, which may be older than the router.
        (Owners((PC_MAC,), asked=True), {"mac": PC_MAC}, []),
        (Owners((PC_MAC,), asked=True), {"makers": ()}, []),
        (Owners((MAC, PC_MAC), asked=True), {}, ["several"]),
        (Owners((MAC, PC_MAC), asked=True), {"mac": MAC}, ["several"]),
        (ONE, {"earlier": SHOWN.fingerprint}, []),
        (ONE, {"earlier": fingerprint(OTHER_KEY)}, ["earlier-key"]),
        (ONE, {"same_serial": (SHOWN.fingerprint,)}, []),
        (ONE, {"same_serial": (fingerprint(OTHER_KEY),)}, ["serial-key"]),
        (ONE, {"fingerprint": SHOWN.fingerprint}, []),
        (ONE, {"fingerprint": fingerprint(OTHER_KEY)}, ["other-fingerprint"]),
        (
            Owners((PC_MAC,), asked=True),
            {"earlier": fingerprint(OTHER_KEY), "fingerprint": fingerprint(OTHER_KEY)},
            ["other-maker", "other-fingerprint", "earlier-key"],
        ),
    ],
)
def test_what_contradicts(owners: Owners, claim: dict[str, Any], expected: list[str]) -> None:
    assert names(owners, **claim) == expected


MACS = st.lists(st.sampled_from([MAC, OTHER_MAC, PC_MAC]), max_size=2, unique=True)
KEYS = st.sampled_from([None, SHOWN.fingerprint, fingerprint(OTHER_KEY)])


@given(
    owners=st.builds(Owners, MACS.map(tuple), st.booleans()),
    mac=st.sampled_from([None, MAC, OTHER_MAC]),
    earlier=KEYS,
    given_=KEYS,
    serial=KEYS,
    by=st.sampled_from([By.YES, By.FINGERPRINT]),
)
def test_nobody_is_bound_of_whom_anything_is_doubtful(
    owners: Owners, mac: Any, earlier: Any, given_: Any, serial: Any, by: By
) -> None:
    claim = Claim(mac, MAKERS, earlier, (serial,) if serial else (), given_)
    is_one = len(owners.macs) == 1
    right_mac = is_one and (owners.macs[0] == mac if mac else owners.macs[0][:8] in MAKERS)
    good = {
        "one answer": is_one or (by is By.FINGERPRINT and not owners.macs),
        "asked": owners.asked or by is By.FINGERPRINT,
        "mac": right_mac or (by is By.FINGERPRINT and not owners.macs),
        "keys": {earlier, given_, serial} <= {None, SHOWN.fingerprint},
    }
    try:
        require_bindable(Device(), by, SHOWN, owners, claim)
    except NotBound as error:
        assert not all(good.values())
        assert error.reasons
        assert "onshi trust demo router" in error.remedy
        assert len(str(error).splitlines()) == 1 + len(error.reasons)
    else:
        assert all(good.values())


def test_not_measured_is_not_good() -> None:
    assert unmeasured(ONE) == ()
    assert unmeasured(Owners()) == (("provision.bind.not-asked", {}),)
    assert unmeasured(Owners(asked=True)) == (("provision.bind.no-answer", {}),)


# Fingerprints


@pytest.mark.parametrize(
    "written",
    [
        SHOWN.fingerprint,
        f"{SHOWN.fingerprint}=",
        SHOWN.fingerprint.removeprefix("SHA256:"),
        f" {SHOWN.fingerprint} ",
        f"sha256:{DIGEST.hex()}",
        DIGEST.hex().upper(),
        ":".join(f"{byte:02X}" for byte in DIGEST),
    ],
)
def test_a_fingerprint_is_read_in_every_usual_form(written: str) -> None:
    assert read_fingerprint(written) == DIGEST


@given(st.binary(min_size=32, max_size=32))
def test_every_fingerprint_that_openssh_prints_is_read(digest: bytes) -> None:
    printed = "SHA256:" + base64.b64encode(digest).decode().rstrip("=")
    assert read_fingerprint(printed) == digest


@given(st.text(max_size=60))
def test_anything_else_is_refused_or_read(words: str) -> None:
    try:
        assert len(read_fingerprint(words)) in {20, 32}
    except InputError as error:
        assert error.faults[0].remedy


@pytest.mark.parametrize("words", ["", "SHA256:", "SHA256:short", "MD5:aa:bb", "yes", "あ" * 43])
def test_what_is_no_fingerprint_is_refused(words: str) -> None:
    with pytest.raises(InputError):
        read_fingerprint(words)


# What is kept


WORD = st.text("abcXYZ0189:-._", min_size=1, max_size=20)


@given(st.builds(Bond, WORD, WORD, WORD, WORD), st.lists(WORD, max_size=3))
def test_a_bond_is_read_back_among_other_words(bond: Bond, others: list[str]) -> None:
    assert bond_of([*others, *bond.words, *others]) == bond


def test_the_last_word_about_a_host_counts(tmp_path: Path) -> None:
    runs, site = tmp_path / "runs", "demo"
    assert earlier_key(runs, site, "router") is None
    tell(runs, site, "bound", host="router", fingerprint="one", by="yes")
    tell(runs, site, "bound", host="terminal-1", fingerprint="pc", by="yes")
    assert earlier_key(runs, site, "router") == "one"
    tell(runs, site, "forgotten", host="router", keys="one")
    assert earlier_key(runs, site, "router") is None
    folder = tell(runs, site, "bound", host="router", fingerprint="two", by="person")
    assert earlier_key(runs, site, "router") == "two"
    assert folder.name.endswith("-trust")
    assert unfinished_runs(runs, site) == []
