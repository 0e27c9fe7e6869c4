"""The agent: keeps a typed passphrase for this user, for a while, and never longer."""

from __future__ import annotations

import io
import stat
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from onshi_net.cli import agent, asking
from onshi_net.cli.context import Context
from onshi_net.errors import SecretRefused
from onshi_net.inventory import vault
from onshi_net.inventory.secrets import Secret
from tests.inventory.seals import by_passphrase

WORDS = "Canary-Agent-77"


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Answers a runtime folder of this test's own, short enough for a socket's name."""
    monkeypatch.setenv(agent.MINUTES, "5")
    monkeypatch.delenv(asking.PASSPHRASE, raising=False)
    with tempfile.TemporaryDirectory(prefix="onshi-") as place:
        monkeypatch.setenv("XDG_RUNTIME_DIR", place)
        yield Path(place)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "s.age"


def test_what_is_kept_is_answered_until_it_is_forgotten(file, folder):
    assert agent.ask(file) is None
    assert agent.start(file, WORDS)
    try:
        (socket,) = folder.iterdir()
        assert stat.S_IMODE(socket.stat().st_mode) == 0o600
        assert [agent.ask(file), agent.ask(file)] == [WORDS, WORDS]
        assert agent.ask(file.with_name("other.age")) is None
    finally:
        agent.forget(file)
    assert agent.ask(file) is None


def test_it_ends_by_itself_when_nobody_asks(file, folder, monkeypatch):
    monkeypatch.setattr(agent.sys, "stdout", io.StringIO())
    place = agent._place(file)
    server = threading.Thread(target=agent.serve, args=(place, WORDS.encode(), 0.2), daemon=True)
    server.start()
    server.join(20)
    assert not server.is_alive()
    assert list(folder.iterdir()) == []


def test_nothing_is_kept_where_that_is_not_wanted_or_the_folder_not_ours(file, folder, monkeypatch):
    folder.chmod(0o755)
    assert not agent.start(file, WORDS)
    folder.chmod(0o700)
    monkeypatch.setenv(agent.MINUTES, "0")
    assert not agent.start(file, WORDS)
    assert list(folder.iterdir()) == []


class Laptop:
    """Commands of one visit, each with a context of its own; `typed` is what a person is asked."""

    def __init__(self, file: Path, patch: pytest.MonkeyPatch) -> None:
        self.file, self.asked, self.answer = file, 0, WORDS
        seals = by_passphrase()
        patch.setattr(vault, "PassphraseSeal", seals)
        vault.store(file, seals(Secret(WORDS)), "a/b", Secret("value-1"))
        self.kept: dict[Path, str] = {}
        patch.setattr(asking, "ask_passphrase", self._ask)
        patch.setattr(asking, "has_terminal", lambda: True)
        patch.setattr(agent, "ask", self.kept.get)
        patch.setattr(agent, "forget", lambda one: self.kept.pop(one, None))
        patch.setattr(agent, "start", lambda one, words: bool(self.kept.update({one: words}) or 1))

    def _ask(self, *_given: object, **_more: object) -> Secret:
        self.asked += 1
        return Secret(self.answer)

    def resolve(self) -> str:
        secrets = Context(self.file.parent, self.file, "warning").secrets
        return secrets.resolve("a/b").reveal()


def test_a_visit_asks_once(file, monkeypatch):
    laptop = Laptop(file, monkeypatch)
    assert [laptop.resolve() for _ in range(4)] == ["value-1"] * 4
    assert laptop.asked == 1


def test_a_passphrase_that_opens_nothing_is_not_kept(file, monkeypatch):
    laptop = Laptop(file, monkeypatch)
    laptop.answer = "wrong"
    for _ in range(2):
        with pytest.raises(SecretRefused):
            laptop.resolve()
    assert (laptop.asked, laptop.kept) == (2, {})


def test_a_kept_one_that_no_longer_fits_is_asked_for_anew(file, monkeypatch):
    laptop = Laptop(file, monkeypatch)
    laptop.kept[file] = "of last week"
    assert laptop.resolve() == "value-1"
    assert (laptop.asked, laptop.kept) == (1, {file: WORDS})
