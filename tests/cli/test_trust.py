"""`onshi trust` and first contact: what is shown, who is asked, what is kept, what is not sent."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from onshi_net.cli.run import INTERRUPTED, run
from onshi_net.evidence import neighbour
from onshi_net.facts.types import Access, Outcome, Owners, Reading
from onshi_net.intent import site_intent
from onshi_net.inventory import Secrets, load_site
from onshi_net.platforms.yamaha.evidence import ask_router
from onshi_net.transport import hostkeys
from tests.transport.strangers import KEYS, OTHER_KEYS, Heard, stranger

KEY, OTHER = KEYS["ecdsa"], OTHER_KEYS["ecdsa"]
SHOWN, FOREIGN = (hostkeys.fingerprint(key.asbytes()) for key in (KEY, OTHER))
MAC, PC_MAC = "ac:44:f2:00:00:01", "52:54:00:00:00:03"
PASSWORDS = {
    "ONSHI_SECRET_DEMO_CLINIC_ROUTER": "Canary-Site-1",
    "ONSHI_SECRET_DEMO_CLINIC_ROUTER_ADMIN": "Canary-Admin-2",
    "ONSHI_SECRET_START_PACK_ROUTER_INITIAL": "Canary-First-3",
}
TRUST = ("trust", "demo-clinic", "router")
PROVISION = ("provision", "demo-clinic", "--only", "router", "--force", "a test")


class Site:
    """The example site, whose router is a server on the loopback."""

    def __init__(self, inventory: Path, patch: pytest.MonkeyPatch, capsys: Any) -> None:
        self.folder = inventory / "sites" / "demo-clinic"
        self.runs = inventory.parent / "runs" / "demo-clinic"
        self._inventory, self._patch, self._capsys = inventory, patch, capsys
        self.told = ""
        self.answers(MAC)
        self.edit("site.yaml", lambda d: d["segments"].update(terminal=dict(LOOPBACK)))
        self.edit("hosts.yaml", lambda d: d["terminal-1"].update(hostname="127.0.0.11"))

    def edit(self, name: str, change: Callable[[Any], None]) -> None:
        yaml = YAML()
        data = yaml.load(self.folder / name)
        change(data)
        yaml.dump(data, self.folder / name)

    def router(self, port: int, **data: Any) -> None:
        """Says where the router answers, and what else the inventory has of it."""
        self.edit("hosts.yaml", lambda d: d["router"].update(hostname="127.0.0.1", port=port))
        self.edit("hosts.yaml", lambda d: d["router"]["data"].update(**data))

    def answers(self, *macs: str, outcome: Outcome | None = None) -> None:
        """Says who answers to ARP."""
        kind = outcome or (Outcome.OK if macs else Outcome.NO_ANSWER)
        found = Owners(address="127.0.0.1", macs=macs)
        reading: Reading[Owners] = Reading(outcome=kind, found=found if macs else None)
        self._patch.setattr(neighbour, "owners_of", lambda *_args, **_options: reading)

    def onshi(self, *arguments: str, keys: str = "") -> int:
        """Runs a command with somebody's keys at the keyboard."""
        self._patch.setattr("sys.stdin", io.StringIO(keys))
        code = run(["--lang", "en", "--inventory", str(self._inventory), *arguments])
        captured = self._capsys.readouterr()
        self.told = captured.out + captured.err
        return code

    @property
    def known(self) -> list[str]:
        file = self.folder / "known_hosts"
        lines = file.read_text().splitlines() if file.exists() else []
        return [line for line in lines if not line.startswith("#")]

    def events(self) -> list[dict[str, Any]]:
        """What the runs' journals keep about trust."""
        files = sorted(self.runs.glob("*/journal.jsonl"))
        some = [json.loads(line) for file in files for line in file.read_text().splitlines()]
        return [one for one in some if one["event"] in {"bound", "forgotten"}]


LOOPBACK = {"ipv4": "127.0.0.0/24", "router": "127.0.0.1"}


@pytest.fixture
def site(inventory: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> Site:
    for name, value in PASSWORDS.items():
        monkeypatch.setenv(name, value)
    return Site(inventory, monkeypatch, capsys)


@pytest.fixture
def met(site: Site) -> Iterator[Heard]:
    """A router that refuses every login."""
    with stranger(KEY) as (port, heard):
        site.router(port)
        yield heard


# trust


def test_a_person_is_shown_what_there_is_and_says_yes(site: Site, met: Heard) -> None:
    assert site.onshi(*TRUST, keys="y\n") == 0
    assert all(one in site.told for one in (SHOWN, MAC, "127.0.0.1", "MD5:"))
    (line,) = site.known
    assert "onshi:by=person" in line
    assert f"onshi:mac={MAC}" in line
    assert "onshi:serial=S5X000001" in line
    (event,) = site.events()
    assert (event["fingerprint"], event["by"], event["mac"]) == (SHOWN, "person", MAC)
    assert event["user"]
    assert met.tried == []
    assert site.onshi(*TRUST) == 0
    assert "recorded one" in site.told
    assert len(site.events()) == len(site.known) == 1


def test_a_mac_is_shown_as_it_is(site: Site, met: Heard) -> None:
    site.answers("ac:44:f2:cd:ab:01")
    assert site.onshi(*TRUST, "--yes") == 0
    assert "ac:44:f2:cd:ab:01" in site.told


@pytest.mark.parametrize(("keys", "code"), [("n\n", 3), ("\n", 3), ("", INTERRUPTED)])
def test_without_a_yes_nothing_is_recorded(site: Site, met: Heard, keys: str, code: int) -> None:
    assert site.onshi(*TRUST, keys=keys) == code
    assert (site.known, site.events(), met.tried) == ([], [], [])


@pytest.mark.parametrize("options", [["--yes"], ["--fingerprint", SHOWN]])
def test_without_a_question_where_nothing_contradicts(site: Site, met: Heard, options) -> None:
    assert site.onshi(*TRUST, *options) == 0
    (event,) = site.events()
    assert event["by"] == options[0].removeprefix("--")
    assert len(site.known) == 1
    assert met.tried == []


@pytest.mark.parametrize(
    ("macs", "options", "why"),
    [
        ((MAC, PC_MAC), ["--yes"], "more than one device"),
        ((PC_MAC,), ["--yes"], "not one of the router's maker"),
        ((), ["--yes"], "no device answers"),
        ((MAC,), ["--fingerprint", FOREIGN], "does not show the fingerprint"),
        ((MAC,), ["--yes", "--fingerprint", FOREIGN], "does not show the fingerprint"),
        ((MAC, PC_MAC), ["--fingerprint", SHOWN], "more than one device"),
        ((PC_MAC,), ["--fingerprint", SHOWN], "not one of the router's maker"),
    ],
)
@pytest.mark.parametrize("command", [TRUST, PROVISION])
def test_what_contradicts_is_refused_without_a_question(
    site: Site, met: Heard, macs, options, why: str, command
) -> None:
    site.answers(*macs)
    more = ["--yes"] if command == PROVISION and "--yes" not in options else []
    assert site.onshi(*command, *options, *more) == 3
    assert why in site.told
    assert "onshi trust demo-clinic router" in site.told
    assert (site.known, site.events(), met.tried) == ([], [], [])


def test_a_laptop_that_may_not_ask_is_no_yes(site: Site, met: Heard) -> None:
    site.answers(outcome=Outcome.ERROR)
    assert site.onshi(*TRUST, "--yes") == 3
    assert "could not ask" in site.told
    assert site.onshi(*TRUST, "--fingerprint", SHOWN) == 0
    assert met.tried == []


def test_the_label_s_mac_decides(site: Site) -> None:
    with stranger(KEY) as (port, heard):
        site.router(port, mac="AC-44-F2-00-00-02")
        assert site.onshi(*TRUST, "--yes") == 3
        assert "ac:44:f2:00:00:02" in site.told
        site.answers("ac:44:f2:00:00:02")
        assert site.onshi(*TRUST, "--yes") == 0
    assert heard.tried == []


def test_doubts_are_told_to_the_person_who_decides(site: Site, met: Heard) -> None:
    site.answers(PC_MAC)
    assert site.onshi(*TRUST, keys="y\n") == 0
    assert "not one of the router's maker" in site.told
    assert met.tried == []


def test_another_key_is_a_person_s_to_replace_and_nobody_else_s(site: Site) -> None:
    with stranger(KEY) as (port, _):
        site.router(port)
        assert site.onshi(*TRUST, "--yes") == 0
        file = site.folder / "known_hosts"
        old = file.read_text()
    with stranger(OTHER) as (port, heard):
        site.router(port)
        file.write_text(re.sub(r"\]:\d+", f"]:{port}", old))
        for options in (["--yes"], ["--fingerprint", FOREIGN], ["--yes", "--fingerprint", FOREIGN]):
            assert site.onshi(*TRUST, *options) == 3
            assert "--forget" in site.told
        assert site.onshi(*TRUST, keys="n\n") == 3
        assert SHOWN in site.told
        assert len(site.events()) == 1
        assert site.onshi(*TRUST, keys="y\n") == 0
        assert site.events()[-1]["fingerprint"] == FOREIGN
        assert OTHER.get_base64() in site.known[0]
    assert heard.tried == []


def test_a_lost_file_does_not_let_another_key_in(site: Site) -> None:
    """known_hosts was deleted, as older advice had it: the runs still know the key."""
    with stranger(KEY) as (port, _):
        site.router(port)
        assert site.onshi(*TRUST, "--yes") == 0
    (site.folder / "known_hosts").unlink()
    with stranger(OTHER) as (port, heard):
        site.router(port)
        assert site.onshi(*TRUST, "--yes") == 3
        assert SHOWN in site.told
        assert site.onshi(*TRUST, "--forget") == 0
        assert site.onshi(*TRUST, "--yes") == 0
    assert heard.tried == []


def test_a_router_that_moved_is_known_by_its_serial(site: Site) -> None:
    with stranger(KEY) as (port, _):
        site.router(port)
        assert site.onshi(*TRUST, "--yes") == 0
    for one in site.runs.glob("*/journal.jsonl"):
        one.unlink()
    with stranger(OTHER) as (port, _):
        site.router(port)  # another port is another name in the file
        assert site.onshi(*TRUST, "--yes") == 3
    assert "serial number" in site.told


def test_forget_says_what_it_forgot(site: Site, met: Heard) -> None:
    assert site.onshi(*TRUST, "--yes") == 0
    assert site.onshi(*TRUST, "--forget") == 0
    assert SHOWN in site.told
    assert site.known == []
    assert [one["event"] for one in site.events()] == ["bound", "forgotten"]
    assert site.onshi(*TRUST, "--forget") == 0
    assert "nothing was recorded" in site.told


def test_a_file_that_is_not_whole_is_refused_until_it_is_set_aside(site: Site, met: Heard) -> None:
    file = site.folder / "known_hosts"
    file.write_bytes("\ufeff[127.0.0.1]:22 ssh-rsa AAAA\n".encode())
    for command in (TRUST, (*TRUST, "--yes"), (*PROVISION, "--yes")):
        assert site.onshi(*command) == 2
        assert str(file) in site.told
        assert "--forget" in site.told
    assert met.connections == 0
    assert site.onshi(*TRUST, "--forget") == 0
    assert ".unread-" in site.told
    assert site.onshi(*TRUST, "--yes") == 0


@pytest.mark.parametrize("host", ["terminal-1", "onu", "nobody"])
def test_a_host_that_shows_no_key_is_bad_input(site: Site, host: str) -> None:
    site.router(22)
    assert site.onshi("trust", "demo-clinic", host) == 2
    assert "HOST" in site.told


def test_a_silent_router_is_told_as_that(site: Site) -> None:
    with stranger(KEY) as (port, _):
        site.router(port)
    assert site.onshi(*TRUST, "--yes") == 3
    assert "no answer" in site.told


def test_json_says_what_was_done(site: Site, met: Heard) -> None:
    site.onshi(*TRUST, "--yes", "--json")
    found = json.loads(site.told[site.told.index("{") : site.told.rindex("}") + 1])
    assert found["state"] == "bound"
    assert found["fingerprint"] == SHOWN


# provision, plan, verify


@pytest.mark.parametrize(
    ("options", "keys", "by"),
    [
        (["--yes"], "", "yes"),
        (["--yes", "--fingerprint", SHOWN], "", "fingerprint"),
        (["--fingerprint", SHOWN], "", "fingerprint"),
        ([], "y\n", "person"),
    ],
)
def test_provision_binds_before_the_first_password(
    site: Site, met: Heard, options, keys: str, by: str
) -> None:
    assert site.onshi(*PROVISION, *options, keys=keys) in {3, INTERRUPTED}
    assert f"onshi:by={by}" in site.known[0]
    assert site.events()[0]["by"] == by
    assert {word for _, word in met.tried} <= set(PASSWORDS.values())
    assert ("password", "Canary-Site-1") in met.tried
    assert not [word for word in PASSWORDS.values() if word in site.told]


def test_who_says_no_to_provision_sends_nothing(site: Site, met: Heard) -> None:
    assert site.onshi(*PROVISION, keys="n\n") == 3
    assert (site.known, met.tried) == ([], [])


def test_a_given_fingerprint_is_compared_with_a_known_router_too(site: Site, met: Heard) -> None:
    assert site.onshi(*TRUST, "--yes") == 0
    assert site.onshi(*PROVISION, "--yes", "--fingerprint", FOREIGN) == 3
    assert met.tried == []


@pytest.mark.parametrize(
    "command",
    [
        ["plan", "demo-clinic", "--only", "router"],
        ["provision", "demo-clinic", "--only", "router", "--dry-run", "--force", "x"],
    ],
)
def test_plan_learns_no_key_and_says_what_to_do(site: Site, met: Heard, command) -> None:
    assert site.onshi(*command) == 3
    assert "onshi trust demo-clinic router" in site.told
    assert (site.known, site.events(), met.tried) == ([], [], [])


def test_measuring_learns_no_key(site: Site, met: Heard) -> None:
    intent = site_intent(load_site(site.folder.parents[1], "demo-clinic"))
    known = site.folder / "known_hosts"
    found = ask_router(intent, Secrets.standard(), known)
    assert found.access is Access.HOST_UNKNOWN
    assert (site.known, met.tried) == ([], [])


def test_a_revoked_key_is_nobody_s_to_bind(site: Site, met: Heard) -> None:
    revoked = f"@revoked * {KEY.get_name()} {KEY.get_base64()}\n"
    (site.folder / "known_hosts").write_text(revoked)
    for options in ([], ["--yes"], ["--fingerprint", SHOWN]):
        assert site.onshi(*TRUST, *options, keys="y\n") == 3
        assert "@revoked" in site.told
    assert len(site.known) == 1
    assert met.tried == []
