"""A secret from bytes: any text, PEM, PKCS#12; what can't be used is refused in a sentence."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.serialization import PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from onshi_net.errors import SecretRefused
from onshi_net.inventory.bundle import Counted, counted, value_of
from onshi_net.inventory.secrets import Secret
from onshi_net.probe.ask_socket import tls_context
from tests.cli.bundles import named, pem, pem_key, pkcs12


def taken(data: bytes, passphrase: str | None = None) -> str:
    def ask() -> Secret:
        assert passphrase is not None, "asked for a passphrase that it has not"
        return Secret(passphrase)

    return value_of("a/b", data, ask).reveal()


def refused(data: bytes, passphrase: str | None = None) -> str:
    with pytest.raises(SecretRefused, match="a/b") as caught:
        taken(data, passphrase)
    assert passphrase is None or passphrase not in f"{caught.value} {caught.value.remedy}"
    return caught.value.message


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_any_text_is_taken_as_it_is_but_for_the_end_of_a_single_line(value):
    if value in {"\n", "\r\n", "\ufeff"} or value.startswith("\ufeff"):
        return
    single = value.removesuffix("\r\n" if value.endswith("\r\n") else "\n")
    assert taken(value.encode()) == (value if "\n" in single else single)


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_a_password_in_a_file_has_no_line_end(end):
    assert taken(f"\ufeffpass word{end}".encode()) == "pass word"


@given(st.binary(max_size=200))
def test_any_bytes_are_taken_exactly_or_refused(data):
    try:
        value = taken(data)
    except SecretRefused as error:
        assert str(error)
    else:
        assert value.encode() in data


@pytest.mark.parametrize(
    ("data", "passphrase"),
    [
        (pem().encode(), None),
        (pem("äöü 😀").encode(), "äöü 😀"),
        (pem("traditional", PrivateFormat.TraditionalOpenSSL).encode(), "traditional"),
        (pkcs12(), None),
        (pkcs12("p12 パス"), "p12 パス"),
    ],
    ids=named,
)
def test_a_bundle_becomes_what_the_tls_checks_take(data, passphrase):
    value = taken(data, passphrase)
    assert counted(value) == Counted(keys=1, certificates=2)
    assert pem_key() in value
    tls_context(value)


def test_an_open_bundle_stays_as_it_is():
    around = f"Bag Attributes\n  friendlyName: x\n\n{pem()}\n\n"
    assert taken(around.encode()) == around


@pytest.mark.parametrize(
    ("data", "passphrase", "message"),
    [
        (b"", None, "errors.secret-empty"),
        (b"\n", None, "errors.secret-empty"),
        ("café".encode("latin-1"), None, "errors.secret-surrogate"),
        ("pw".encode("utf-16"), None, "errors.secret-surrogate"),
        (b"x" * 1_000_001, None, "errors.secret-too-long"),
        (pem().encode()[:200], None, "errors.bundle-cut"),
        (pem().rsplit("-----END", 1)[0].encode(), None, "errors.bundle-cut"),
        (pem("right").encode(), "wrong", "errors.bundle-closed"),
        (pem("right").encode(), "\udce9", ""),
        (pkcs12("right"), "wrong", "errors.bundle-closed"),
        (pkcs12("right")[:-20], "right", "errors.bundle-closed"),
        (pkcs12(key=False), None, "errors.bundle-no-key"),
    ],
    ids=named,
)
def test_what_can_not_be_used_is_refused_in_a_sentence(data, passphrase, message):
    if message:
        assert refused(data, passphrase) == message
        return
    with pytest.raises(SecretRefused, match="UTF-8"):
        taken(data, passphrase)
