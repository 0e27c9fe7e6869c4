"""The file in which a site travels: what is read of it, and what is refused."""

from __future__ import annotations

import base64
import datetime
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from onshi_net.errors import InputError
from onshi_net.travel.laptop import Signature, signed
from onshi_net.travel.parcel import FORMAT, PACK, Payload, is_name, opened, written
from tests.inventory.seals import KeySeal

KEY = Ed25519PrivateKey.generate()
FILE = Path("a.pack")
SAID: dict[str, Any] = {
    "format": FORMAT,
    "kind": PACK,
    "pack": "0" * 32,
    "site": "demo-clinic",
    "made_at": datetime.datetime(2026, 12, 1, tzinfo=datetime.UTC),
    "until": datetime.date(2026, 12, 15),
    "nonce": "1" * 64,
    "files": {"site/site.yaml": "eA=="},
    "secrets": {"demo-clinic/router": "a"},
}


def sign(body: bytes) -> Signature:
    return signed(KEY, body)


NAMES = [
    "../evil", "site/../../evil", "site/a/../../../evil", "/etc/evil", "site//evil", "runs/..",
    "site/C:evil", "site/a\\b", "site/nul", "site/COM1.txt", "site/evil.", "site/ evil",
    "site/e\x00vil", "site/e\nvil", "shared", "else/evil", "site/" + "a/" * 30 + "b",
    "site/" + "a" * 300, "site/.", "site/\u202eevil",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_leads_elsewhere_is_none(name: str) -> None:
    assert not is_name(name)
    seal = KeySeal()
    said = Payload.model_construct(**{**SAID, "files": {name: "eA=="}})
    with pytest.raises(InputError) as refused:
        opened(FILE, written(said, sign, seal), seal)
    assert len(refused.value.faults) == 1


@given(st.text(max_size=30), st.sampled_from(["site/", "runs/", "shared/", ""]))
def test_a_name_that_is_one_stays_below_its_folder(name: str, top: str) -> None:
    if is_name(top + name):
        parts = (top + name).split("/")
        assert ".." not in parts
        assert "" not in parts
        assert "." not in parts
        assert "\\" not in name
        assert not Path(top + name).is_absolute()


def test_what_is_written_is_what_is_read() -> None:
    seal = KeySeal()
    found = opened(FILE, written(Payload(**SAID), sign, seal), seal)
    assert found.payload == Payload(**SAID)
    assert found.signature.fits(found.payload.model_dump_json().encode())


def resealed(change: Any) -> None:
    """Opens a file whose plain bytes were changed by somebody who has the passphrase."""
    seal = KeySeal()
    plain = seal.open(written(Payload(**SAID), sign, seal))
    opened(FILE, seal.close(change(plain)), seal)


def other_key(plain: bytes) -> bytes:
    """The head names another key than the one that signed."""
    head, _, body = plain.partition(b"\n")
    said = json.loads(head)
    other = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    return json.dumps({**said, "key": base64.b64encode(other).decode()}).encode() + b"\n" + body


def unsigned(plain: bytes) -> bytes:
    head, _, body = plain.partition(b"\n")
    return json.dumps({**json.loads(head), "signature": ""}).encode() + b"\n" + body


HARM = [
    lambda plain: plain.replace(b"demo-clinic", b"demo-clinix", 1),
    lambda plain: plain.partition(b"\n")[2],
    lambda plain: plain[:-1],
    lambda plain: b"",
    lambda plain: b"[" * 100_000,
    lambda plain: b"{}" + plain,
    lambda plain: plain.replace(b'"onshi": 1', b'"onshi": 2'),
    lambda plain: plain.replace(b'"onshi": 1', b'"onshi": true'),
    other_key,
    unsigned,
]


@pytest.mark.parametrize("change", HARM)
def test_changed_after_it_was_signed_it_is_refused(change: Any) -> None:
    with pytest.raises(InputError) as refused:
        resealed(change)
    assert len(refused.value.faults) == 1


@given(st.data())
def test_one_letter_of_what_is_signed_is_enough(data: st.DataObject) -> None:
    def flipped(plain: bytes) -> bytes:
        start = plain.index(b"\n") + 1
        at = data.draw(st.integers(start, len(plain) - 1))
        return plain[:at] + bytes([plain[at] ^ 1]) + plain[at + 1 :]

    with pytest.raises(InputError):
        resealed(flipped)
