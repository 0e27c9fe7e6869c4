"""Secrets of others in a router's configuration come out nowhere: lines from the vendor's grammar.

Each line holds its own canaries. What is looked at is all that people read and files keep: plan,
difference, journal, log, evidence, outcome, errors.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onshi_net.cli import log
from onshi_net.intent import site_intent
from onshi_net.inventory import load_site
from onshi_net.platforms import masked
from onshi_net.platforms.yamaha.evidence import ask_router
from onshi_net.platforms.yamaha.family import Yamaha
from onshi_net.platforms.yamaha.memory import MemorySession
from onshi_net.provision.apply import apply_router
from onshi_net.provision.plan import plan_session
from onshi_net.provision.said import Said
from tests.conftest import EXAMPLES
from tests.platforms.yamaha.secret_lines import GRAMMAR
from tests.provision.clock import time_of
from tests.transport.routers import MockRouter, any_of, loopback_config, new_secrets

CANARY = "Cn4ry"
HEADER = "# RTX830 Rev.15.02.31 (Fri Sep  1 10:00:00 2023)\n# Reporting Date: Nov 30 2026\n"
HERE = "embedded file notes.txt <<EOF\npassword {}\nEOF\n"
SITE = site_intent(load_site(EXAMPLES, "demo-clinic"))


def filled(lines: list[str]) -> str:
    """A configuration with these lines, a canary in each place of a secret."""
    count = iter(range(10_000))
    return HEADER + "\n".join(
        line.format(*(f"{CANARY}{next(count):04}x" for _ in range(line.count("{}"))))
        for line in lines
    )


configs = st.lists(st.sampled_from(GRAMMAR), max_size=20, unique=True)


def clean(*said: object) -> None:
    """Every one of these is free of canaries."""
    for one in said:
        assert CANARY not in str(one), str(one)[:2000]


@given(before=configs, after=configs, sections=st.booleans())
def test_plan_difference_and_evidence_show_none(
    before: list[str], after: list[str], sections: bool
) -> None:
    head = ["pp select 1"] if sections else []
    inside = [f" {line}" for line in before] if sections else before
    running = filled([*head, *inside, HERE.strip()])
    saved = filled([*after, HERE.strip().replace("password", "other")])
    secrets = new_secrets(site="Site-own.1", **{"site-admin": "Site-admin.1"})
    session = MemorySession(running, saved)
    wanted = Yamaha().render(SITE.router)
    plan = plan_session(session, SITE.router, secrets, wanted)
    clean(plan, plan.steps, plan.diff)
    found = ask_router(SITE, secrets, Path("/nonexistent"), lambda *_: session)
    clean(found.model_dump_json(), found)
    assert found.running is not None
    assert found.running.ok
    clean(Yamaha().difference(found, SITE.router))


@pytest.mark.parametrize("line", GRAMMAR)
def test_a_line_that_the_router_refuses_is_told_without_its_secret(line: str) -> None:
    """As it stands in a sentence of ours, of a log, of a traceback."""
    text = line.format(*[f"{CANARY}1x"] * line.count("{}"))
    clean(masked(f"CommandRejected: the router refused '{text}'"), masked(f"first\n{text}\nlast"))


OTHERS = """
pp select 1
 pppoe use lan2
 pp auth myname isp@example.invalid {0}
 pp auth username partner {0}
pp select none
tunnel select 1
 tunnel encapsulation ipsec
 ipsec tunnel 101
 ipsec sa policy 101 1 esp aes-cbc sha-hmac
 ipsec ike pre-shared-key 1 text {0}
tunnel select none
snmp host 10.51.1.9 {0} {0}
snmp community read-only {0}
snmpv2c community read-write {0}
snmpv3 usm user 1 admin sha {0} aes128-cfb {0}
radius secret {0}
heartbeat pre-shared-key {0}
httpd custom-gui api password {0}
yno access code operator {0}
login user vendor {0}
""".format(f"{CANARY}Own1")


@pytest.fixture
def logged(tmp_path: Path) -> Iterator[Path]:
    """A log of everything, masked as that of a command is."""
    file = tmp_path / "onshi.log"
    log.start(file, "debug", masked)
    yield file
    log.stop()


def test_a_change_of_such_a_router_leaves_none_behind(
    tmp_path: Path, router: Callable[..., MockRouter], logged: Path
) -> None:
    typed = tmp_path / "typed"
    typed.write_text(OTHERS, encoding="ascii")
    one = router(config=typed)
    intent = any_of(one.port)
    runs, told = tmp_path / "runs", []
    with time_of(one):
        outcome = apply_router(
            intent,
            new_secrets(),
            tmp_path / "known",
            runs=runs,
            site="demo-clinic",
            said=Said(replace_config=True),
            render=loopback_config,
            progress=lambda *words, **values: told.append((words, values)),
        )
    assert any("no pp auth myname" in step for step in outcome.plan.steps)
    clean(outcome, told, outcome.plan.steps, outcome.plan.diff)
    logging.getLogger("onshi").warning("ends with %s", outcome)
    log.stop()
    files = [logged, *(file for file in runs.rglob("*") if file.is_file())]
    assert len(files) > 1
    for file in files:
        assert CANARY.encode() not in file.read_bytes(), file
