"""A laptop whose router and PCs are in memory, with all that the commands read."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from ipaddress import IPv4Interface
from pathlib import Path
from typing import Any

import pytest
from paramiko import ECDSAKey

from onshi_net.checks import run as checks_run
from onshi_net.cli import log, trust
from onshi_net.evidence import store
from onshi_net.intake import write_template
from onshi_net.inventory.recipients import new_identity, recipients_of
from onshi_net.inventory.secrets import variable_of
from onshi_net.platforms.base import Credentials
from onshi_net.platforms.yamaha.memory import MemorySession
from onshi_net.provision import site as site_module
from onshi_net.provision.bind import BindableRouter, Owners, Shown
from onshi_net.provision.outcome import Outcome, State
from onshi_net.provision.site import Workshop
from onshi_net.transport import handshake, hostkeys, laptop
from onshi_net.transport.windows import Leg
from tests.checks.twins import twin
from tests.cli.day import GOOD, SECRETS
from tests.conftest import EXAMPLES, KEPT
from tests.windows.fake_pc import receipt, terminal

SITE = "demo-clinic"


@pytest.fixture(scope="session")
def _form(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_template(tmp_path_factory.mktemp("form") / "form.xlsx")


@pytest.fixture
def laptop_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, _form: Path) -> Iterator[Path]:
    """A laptop whose router and PCs are in memory, with all that the commands read."""
    folder = tmp_path / "laptop"
    shutil.copytree(EXAMPLES, folder / "inventory", ignore=KEPT)
    for reference, value in SECRETS.items():
        monkeypatch.setenv(variable_of(reference), value)
    identity = new_identity()
    monkeypatch.setenv("ONSHI_SECRET_BACKUP_IDENTITY", identity.reveal())
    kept = folder / "runs" / SITE / "20261130T000000.000000Z"
    kept.mkdir(parents=True)
    backup = "# 日本語の設定\nip lan1 address 10.51.1.1/24\n".encode("cp932")
    (kept / "running.txt.age").write_bytes(recipients_of(identity).close(backup))
    measured = kept.with_name(f"{kept.name}-verify")
    measured.mkdir()
    store(twin(GOOD), measured / "evidence.json")
    shutil.copy(_form, folder / "form.xlsx")
    _devices(monkeypatch)
    yield folder
    log.stop()


def _devices(patch: pytest.MonkeyPatch) -> None:
    legs = [Leg("eth", IPv4Interface(own)) for own in ("10.51.1.200/24", "192.168.1.200/24")]
    patch.setattr(laptop, "own_legs", lambda: tuple(legs))
    own = Credentials("demo-clinic/router", "demo-clinic/router-admin")
    running = (
        "# RTX830 Rev.15.02.31 (Fri Sep  1 10:00:00 2023)\n"
        "# main:  RTX830 ver=00 serial=S5X000001 MAC-Address=00:a0:de:00:00:01\n"
        "ip lan1 address 10.51.1.1/24\ndescription 1 ～日本語¥\n"
    )
    patch.setattr(
        "onshi_net.platforms.yamaha.family.Yamaha.open",
        lambda *_a, **_k: MemorySession(running, credentials=own),
    )
    pcs = {"receipt-1": receipt(), "terminal-1": terminal()}
    patch.setattr(
        Workshop, "connect", lambda _self, intent, **_k: pcs[intent.access.host].session()
    )

    def applied(intent: Any, *_given: Any, progress: Any, **_options: Any) -> Outcome:
        progress(intent.host, "provision.line", line="description 1 ～日本語¥")
        return Outcome(intent.host, State.CHANGED, None, 1, None)  # type: ignore[arg-type]

    patch.setattr(site_module, "apply_router", applied)
    patch.setattr(checks_run, "collect", lambda *_a, **_k: twin(GOOD))
    key = ECDSAKey.generate()
    shown = Shown(
        hostkeys.fingerprint(key.asbytes()), (b"",), ("¥",), handshake.Shown(key, "modern")
    )
    patch.setattr(BindableRouter, "look", lambda _self: shown)
    owners = Owners(("00:a0:de:00:00:01",), asked=True)
    patch.setattr(trust.Binder, "_owners", lambda *_a: owners)
