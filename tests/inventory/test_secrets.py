"""Secrets: where they come from, and that they show nowhere."""

from __future__ import annotations

import base64
import json
from collections import defaultdict
from pathlib import Path

import pyrage
import pytest

from onshi_net.errors import SecretMissing
from onshi_net.inventory.secrets import (
    Secret,
    Secrets,
    age_backend,
    environment_backend,
    store_in_age,
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


def test_a_missing_secret_names_reference_and_variable() -> None:
    with pytest.raises(SecretMissing) as caught:
        Secrets([environment_backend({})]).resolve("demo-clinic/router")
    assert "demo-clinic/router" in str(caught.value)
    assert "ONSHI_SECRET_DEMO_CLINIC_ROUTER" in caught.value.remedy


def test_a_value_shows_in_no_representation_and_is_masked_in_text() -> None:
    secrets = Secrets([{"a": "hunter2!"}.get])
    value = secrets.resolve("a")
    assert "hunter2" not in f"{value} {value!r} {[value]} {secrets!r}"
    assert secrets.masked("login user onshi hunter2!") == "login user onshi *"


def test_an_age_file_opens_with_its_passphrase_only(tmp_path: Path) -> None:
    file = tmp_path / "secrets.age"
    store_in_age(file, Secret("open sesame"), "demo-clinic/router", Secret("s3cret"))
    assert age_backend(file, Secret("open sesame"))("demo-clinic/router") == "s3cret"
    with pytest.raises(SecretMissing) as caught:
        age_backend(file, Secret("wrong"))
    assert "wrong" not in str(caught.value)


class _QuickPassphrase:
    """Stands for `pyrage.passphrase`: age files by a key for each passphrase instead of by scrypt,
    which computes for a second each time and whose work factor pyrage does not let anybody set.
    """

    def __init__(self) -> None:
        self.keys: defaultdict[str, pyrage.x25519.Identity] = defaultdict(
            pyrage.x25519.Identity.generate
        )

    def encrypt(self, data: bytes, passphrase: str) -> bytes:
        return bytes(pyrage.encrypt(data, [self.keys[passphrase].to_public()]))

    def decrypt(self, data: bytes, passphrase: str) -> bytes:
        return bytes(pyrage.decrypt(data, [self.keys[passphrase]]))


def test_an_age_file_grows_by_one_secret_and_stays_private(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pyrage, "passphrase", _QuickPassphrase())
    file, words = tmp_path / "s.age", Secret("open sesame")
    store_in_age(file, words, "a/one", Secret('q"uote'))
    store_in_age(file, words, "b/two", Secret("2"))
    with pytest.raises(SecretMissing):
        store_in_age(file, Secret("wrong"), "c", Secret("3"))
    backend = age_backend(file, words)
    assert (backend("a/one"), backend("b/two"), backend("c")) == ('q"uote', "2", None)
    assert file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["s.age"]


@pytest.mark.parametrize("value", ["pa'ss\\wo\"rd", "日本語のパスワード", "plain-password-1"])
def test_a_secret_is_masked_in_every_shape_that_a_library_may_log(value: str) -> None:
    made = Secrets([lambda _reference: value])
    made.resolve("a/b")
    utf16 = base64.b64encode(value.encode("utf-16-le")).decode()
    for shape in (value, repr(value), json.dumps(value), repr(value.encode().decode()), utf16):
        masked = made.masked(f"write_channel: {shape} end")
        assert shape.strip("'\"") not in masked
        assert masked.endswith(" end")


def test_each_line_of_a_bundle_is_masked() -> None:
    key = "MIGHAgEAMBMGByqGSM49AgEG"
    made = Secrets([lambda _r: f"-----BEGIN KEY-----\n{key}\nshort\n-----END KEY-----\n"])
    made.resolve("a/b")
    masked = made.masked(f"line: {key}; short; -----BEGIN KEY-----")
    assert masked == "line: *; short; -----BEGIN KEY-----"
