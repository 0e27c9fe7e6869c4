"""Secrets: where they come from, and that they show nowhere."""

from __future__ import annotations

import base64
import builtins
import json
from collections.abc import Callable
from typing import Any

import keyring
import pytest
from hypothesis import given
from hypothesis import strategies as st
from keyring.backend import KeyringBackend

from onshi_net.errors import SecretMissing, SecretRefused
from onshi_net.inventory.secrets import (
    Secret,
    Secrets,
    environment_backend,
    keyring_backend,
    store_in_keyring,
    variable_of,
)


def test_a_reference_names_its_variable() -> None:
    assert variable_of("demo-clinic/router-admin") == "ONSHI_SECRET_DEMO_CLINIC_ROUTER_ADMIN"


def test_the_first_backend_that_knows_answers() -> None:
    secrets = Secrets(
        [environment_backend({"ONSHI_SECRET_A_B": "one"}), {"a/b": "two", "c": "three"}.get]
    )
    assert secrets.resolve("a/b").reveal() == "one"
    assert secrets.resolve("c").reveal() == "three"


@pytest.mark.parametrize("other", ["a/b/c", "a.b/c", "A/b-c"])
def test_a_variable_of_two_references_is_nobody_s_password(other: str) -> None:
    secrets = Secrets([environment_backend({"ONSHI_SECRET_A_B_C": "one"}), {other: "two"}.get])
    assert secrets.resolve("a/b-c").reveal() == "one"
    with pytest.raises(SecretRefused, match="ONSHI_SECRET_A_B_C") as caught:
        secrets.resolve(other)
    assert f"onshi secret set {other}" in caught.value.remedy


def test_a_variable_that_is_not_set_is_no_reason_to_refuse() -> None:
    for environment in ({}, {"ONSHI_SECRET_A_B_C": ""}):
        secrets = Secrets([environment_backend(environment), {"a/b-c": "one", "a/b/c": "two"}.get])
        assert secrets.resolve("a/b-c").reveal() == "one"
        assert secrets.resolve("a/b/c").reveal() == "two"


def test_a_missing_secret_names_reference_and_variable() -> None:
    with pytest.raises(SecretMissing) as caught:
        Secrets([environment_backend({})]).resolve("demo-clinic/router")
    assert "demo-clinic/router" in str(caught.value)
    assert "ONSHI_SECRET_DEMO_CLINIC_ROUTER" in caught.value.remedy


def test_a_value_shows_in_no_representation_and_is_masked_in_text() -> None:
    secrets = Secrets([{"a": "hunter2!-long"}.get])
    value = secrets.resolve("a")
    assert "hunter2" not in f"{value} {value!r} {[value]} {secrets!r}"
    assert secrets.masked("login user onshi hunter2!-long") == "login user onshi *"


def test_a_short_value_stays_in_what_is_kept_and_is_hidden_in_the_log() -> None:
    secrets = Secrets([{"a": "lan1", "b": "twelve-bytes"}.get])
    for reference in "ab":
        secrets.resolve(reference)
    assert secrets.masked("ip lan1 address twelve-bytes") == "ip lan1 address *"
    assert secrets.hidden("write_channel: b'lan1\\n' twelve-bytes") == "write_channel: b'*\\n' *"


def test_a_byte_that_is_no_text_is_a_sentence_whatever_the_backend() -> None:
    with pytest.raises(SecretRefused, match="a/b"):
        Secrets([environment_backend({"ONSHI_SECRET_A_B": "caf\udce9"})]).resolve("a/b")


class Keyring(KeyringBackend):
    """A keyring in memory; `spoil` changes what it is given."""

    priority = 1

    def __init__(self, spoil: Callable[[str], str] = str) -> None:
        self.kept: dict[str, str] = {}
        self.spoil = spoil

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get(username)

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[username] = self.spoil(password)


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Callable[[Keyring], Keyring]:
    def put(backend: Keyring) -> Keyring:
        monkeypatch.setattr("keyring.core._keyring_backend", backend)
        return backend

    return put


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_the_keyring_takes_any_text(value: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("keyring.core._keyring_backend", Keyring())
        store_in_keyring("a/b", Secret(value))
        assert keyring_backend("a/b") == value


def test_a_keyring_that_changes_a_value_keeps_the_old_one(use: Callable) -> None:
    ring = use(Keyring())
    store_in_keyring("a/b", Secret("old"))
    ring.spoil = lambda value: value[:5]
    with pytest.raises(SecretRefused, match="a/b"):
        store_in_keyring("a/b", Secret("much longer"))
    assert keyring_backend("a/b") == "old"
    with pytest.raises(SecretRefused):
        store_in_keyring("a/b", Secret("\udce9"))


@pytest.mark.parametrize("value", ["pa'ss\\wo\"rd", "日本語のパスワード", "plain-password-1"])
def test_a_secret_is_masked_in_every_shape_that_a_library_may_log(value: str) -> None:
    made = Secrets([lambda _reference: value])
    made.resolve("a/b")
    utf16 = base64.b64encode(value.encode("utf-16-le")).decode()
    for shape in (value, repr(value), json.dumps(value), repr(value.encode().decode()), utf16):
        masked = made.hidden(f"write_channel: {shape} end")
        assert shape.strip("'\"") not in masked
        assert masked.endswith(" end")


def test_each_line_of_a_bundle_is_masked() -> None:
    key = "MIGHAgEAMBMGByqGSM49AgEG"
    made = Secrets([lambda _r: f"-----BEGIN KEY-----\n{key}\nshort\n-----END KEY-----\n"])
    made.resolve("a/b")
    masked = made.masked(f"line: {key}; short; -----BEGIN KEY-----")
    assert masked == "line: *; short; -----BEGIN KEY-----"


@pytest.mark.parametrize("at", ["import", "use"])
def test_a_keyring_whose_configuration_belongs_to_somebody_else_is_none(
    at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: str) -> None:
        raise PermissionError(13, "Permission denied", "keyringrc.cfg")

    if at == "use":
        monkeypatch.setattr(keyring, "get_password", refuse)
    else:
        hidden = builtins.__import__

        def importing(name: str, *rest: Any, **more: Any) -> Any:
            if name == "keyring":
                refuse()
            return hidden(name, *rest, **more)

        monkeypatch.setattr(builtins, "__import__", importing)
    assert keyring_backend("a/b") is None
    with pytest.raises(SecretMissing):
        store_in_keyring("a/b", Secret("x"))
