"""A site's commands as a person runs them, on the mock router and fake PCs, with planted secrets.

Every secret of every backend is a canary; what a command says, writes and starts can be searched.
"""

from __future__ import annotations

import io
import json
import sys
from base64 import b64encode
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Interface
from pathlib import Path
from typing import Any, Literal

import pytest
from keyring.backend import KeyringBackend

from onshi_net.checks import run as checks_run
from onshi_net.cli import asking
from onshi_net.cli.run import run
from onshi_net.inventory import vault
from onshi_net.inventory.secrets import Secret, variable_of
from onshi_net.provision import apply_router
from onshi_net.provision import site as site_module
from onshi_net.provision.plan import plan_router
from onshi_net.provision.windows import apply_windows
from onshi_net.transport import handshake, laptop
from onshi_net.transport.windows import Leg
from tests.checks.twins import twin
from tests.cli.bundles import pem
from tests.inventory.seals import by_passphrase
from tests.transport.routers import VALUES as ROUTER_VALUES
from tests.transport.routers import MockRouter, loopback_config, management
from tests.windows.fake_pc import VALUES as PC_VALUES
from tests.windows.fake_pc import receipt, terminal

GOOD = "demo-clinic-good"
BackendName = Literal["environment", "age", "keyring"]
BACKENDS: tuple[BackendName, ...] = ("environment", "age", "keyring")
PASSPHRASE = "Canary-Passphrase-61"
SECRETS = {**ROUTER_VALUES, **PC_VALUES, "demo-clinic/client-certificate": pem()}
_heard: list[list[str]] = []


def _listen(event: str, arguments: tuple[Any, ...]) -> None:
    if _heard and event in {"subprocess.Popen", "os.exec", "os.posix_spawn", "os.system"}:
        _heard[-1].append(repr(arguments))


sys.addaudithook(_listen)


class Keyring(KeyringBackend):
    """A keyring in memory."""

    priority = 1

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get(username)

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[username] = password


@dataclass
class Day:
    """One laptop with one backend of secrets, and all that it has said and started."""

    folder: Path
    backend: BackendName
    patch: pytest.MonkeyPatch
    said: list[str] = field(default_factory=list)
    children: list[str] = field(default_factory=list)
    seals: Any = field(default_factory=by_passphrase)
    ring: Keyring = field(default_factory=Keyring)

    def __post_init__(self) -> None:
        """Puts the secrets where the backend has them; no terminal is there."""
        self.patch.setattr(asking, "TERMINAL", "/nowhere/tty")
        self.patch.setattr(vault, "PassphraseSeal", self.seals)
        self.patch.setenv(asking.PASSPHRASE, PASSPHRASE)
        self.patch.setattr("keyring.core._keyring_backend", self.ring)
        if self.backend == "keyring":
            self.ring.kept.update(SECRETS)
        for reference, value in SECRETS.items():
            if self.backend == "environment":
                self.patch.setenv(variable_of(reference), value)
            if self.backend == "age":
                seal = self.seals(Secret(PASSPHRASE))
                vault.store(self.secrets_file, seal, reference, Secret(value))

    @property
    def secrets_file(self) -> Path:
        return self.folder / "secrets.age"

    @property
    def runs(self) -> Path:
        return self.folder / "runs"

    def onshi(self, capsys: Any, *arguments: str, given: bytes = b"") -> tuple[int, bytes]:
        """Runs a command line; answers its exit code and standard output, and keeps all."""
        base = ["--lang", "en", "--inventory", str(self.folder / "inventory")]
        base += ["--secrets", str(self.secrets_file)] if self.backend == "age" else []
        self.patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given)))
        _heard.append(self.children)
        try:
            code = run([*base, "--log-level", "debug", *arguments])
        finally:
            _heard.pop()
        out, err = capsys.readouterr()
        self.said += [out.decode("utf-8", "surrogateescape"), err.decode("utf-8", "replace")]
        return code, out

    def stand_before(self, router: MockRouter) -> None:
        """Lets this laptop reach the router, which it has met, and the PCs of demo-clinic."""
        known = self.folder / "inventory" / "sites" / "demo-clinic" / "known_hosts"
        router.bind(known)
        met = known.read_text(encoding="ascii")
        known.write_text(met + met.replace("[127.0.0.1]:*", "10.51.1.1"), encoding="ascii")
        known.chmod(0o600)
        legs = [Leg("eth", IPv4Interface(own)) for own in ("10.51.1.200/24", "192.168.1.200/24")]
        self.patch.setattr(laptop, "own_legs", lambda: tuple(legs))
        pcs = {"receipt-1": receipt(), "terminal-1": terminal()}

        def way(intent: Any) -> Any:
            """Over loopback, with the references that the command chose."""
            own = intent.management
            return replace(
                management(router.port),
                initial_secret=own.initial_secret,
                initial_admin=own.initial_admin,
            )

        def to_router(intent: Any, *given: Any, **options: Any) -> Any:
            here = replace(intent, management=way(intent), serial=router.serial)
            return apply_router(here, *given, render=loopback_config, **options)

        def to_pc(intent: Any, secrets: Any, _connect: Any, **options: Any) -> Any:
            done = apply_windows(intent, secrets, pcs[intent.access.host].session, **options)
            # What the terminal takes now is what a receipt PC must show it.
            pcs["receipt-1"].terminal_password = pcs["terminal-1"].password
            return done

        def read_router(intent: Any, *given: Any) -> Any:
            here = replace(intent, management=management(router.port), serial=router.serial)
            return plan_router(here, *given, render=loopback_config)

        def to_session(_shop: object, intent: Any, **_options: object) -> Any:
            return pcs[intent.access.host].session()

        look = handshake.look

        def look_here(_address: str, _port: int, *given: Any) -> Any:
            return look("127.0.0.1", router.port, *given)

        self.patch.setattr(site_module, "plan_router", read_router)
        self.patch.setattr(site_module.Workshop, "connect", to_session)
        self.patch.setattr(handshake, "look", look_here)
        self.patch.setattr(site_module, "apply_router", to_router)
        self.patch.setattr(site_module, "apply_windows", to_pc)
        self.patch.setattr(checks_run, "collect", lambda *_a, **_k: twin(GOOD))

    def canaries(self) -> list[str]:
        """Answers every secret and the shapes in which it may stand somewhere."""
        values = [PASSPHRASE, *SECRETS.values(), *self._identities()]
        long = [
            line for value in values for line in value.splitlines() if not line.startswith("--")
        ]
        coded = [
            b64encode(one.encode(to)).decode() for one in long for to in ("utf-8", "utf-16-le")
        ]
        return [*long, *(json.dumps(one)[1:-1] for one in long), *coded]

    def _identities(self) -> list[str]:
        found = [self.ring.kept.get("backup/identity")]
        if self.secrets_file.exists():
            seal = self.seals(Secret(PASSPHRASE))
            found.append(vault.read(self.secrets_file, seal).value("backup/identity"))
        return [one for one in found if one]

    def leaks(self) -> list[tuple[str, str]]:
        """Answers each canary with where it is: said, started, in a file or a file's name."""
        places = [("said", one) for one in self.said] + [("child", one) for one in self.children]
        for file in sorted(self.folder.rglob("*")):
            places.append(("name", str(file.relative_to(self.folder))))
            if file.is_file():
                places.append((str(file), file.read_bytes().decode("utf-8", "surrogateescape")))
        canaries = self.canaries()
        assert len(canaries) > 30
        return [(one, where) for where, words in places for one in canaries if one in words]
