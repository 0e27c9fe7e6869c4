"""One odd answer costs one fact: whatever a device says, the rest is measured, judged and told.

The answers are the lab's own (tests/lab/record_answers.py), each changed in one place.
"""

from __future__ import annotations

import asyncio
import base64
import json
import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from onshi_net.checks.baseline import traits
from onshi_net.checks.catalogue import judge
from onshi_net.checks.model import CheckResult, Lack, State
from onshi_net.checks.unread import RESTS_ON
from onshi_net.diagnose import diagnose
from onshi_net.errors import DeviceError, OnshiError
from onshi_net.evidence.probing import ProcessAsker, reading_of
from onshi_net.evidence.windows import ask_pc, gathered
from onshi_net.facts import types
from onshi_net.facts.pc import PcState
from onshi_net.facts.stored import evidence_of
from onshi_net.facts.types import Evidence, Outcome, Reading, RouterState
from onshi_net.facts.windows import PcEvidence, WindowsEvidence
from onshi_net.intent.windows import WindowsIntent
from onshi_net.inventory.secrets import Secret, Secrets
from onshi_net.papers.report import report_of
from onshi_net.pcs.powershell import Script
from onshi_net.platforms.yamaha.evidence import ask_router
from onshi_net.platforms.yamaha.memory import MemorySession
from onshi_net.platforms.yamaha.session import SshRouterSession
from onshi_net.transport.windows import envelope
from tests.budget import examples
from tests.checks.twins import intent_of, twin
from tests.hostile.odd import SURROGATE, changed, put, recorded, retyped

SITE = "demo-clinic"
PCS = {"read_terminal": "terminal-1", "read_receipt": "receipt-1", "carry_out": "receipt-1"}
SECRETS = Secrets([lambda reference: f"canary-{reference}"])
QUIET = settings(
    max_examples=examples("odd answers"),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@pytest.fixture(autouse=True)
def _still() -> Any:
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


class Pc:
    """A PC whose scripts printed what is given, read as the real session reads it."""

    def __init__(self, host: str, said: dict[str, Any]) -> None:
        self.host, self.said = host, said

    def run(
        self, script: Script, *, secrets: Sequence[Secret] = (), deadline_s: float = 60.0
    ) -> dict[str, Any]:
        del deadline_s
        whole = json.dumps(self.said[script.name]).encode()
        line = envelope.MARK.encode() + base64.b64encode(whole)
        return envelope.answer(script, secrets, line, b"", self.host)

    def close(self) -> None:
        pass


def pcs_said(site: str = SITE) -> dict[str, Any]:
    """What each script printed, as the loader puts it."""
    found = {name: {"value": some[0]} for name, some in recorded(site)["pcs"].items()}
    for name in ("read_terminal", "read_receipt"):
        now = datetime.now(UTC).isoformat()
        found[name] = put(found[name], ("value", "system", "utc"), now)
    return found


def asked(intent: WindowsIntent, said: dict[str, Any]) -> PcEvidence:
    return ask_pc(intent, SECRETS, lambda one: Pc(one.access.host, said), site=intent_of(SITE))


def measured(said: dict[str, Any]) -> Evidence:
    """The good site's evidence, with the PCs as they answer."""
    pcs = gathered(asked(one, said) for one in intent_of(SITE).windows)
    return twin(f"{SITE}-good").model_copy(update={"windows": pcs})


def told(evidence: Evidence) -> dict[str, CheckResult]:
    """All that comes of evidence, once it was stored: each check's result."""
    stored = evidence_of(json.loads(evidence.model_dump_json()))
    intent = intent_of(SITE)
    results = judge(stored, intent)
    assert [one.detail for one in results if one.lack is Lack.CHECK] == []
    found = traits(stored, intent)
    diagnose(results)
    report_of(intent, stored.taken_at, results, found, None)
    return {one.id: one for one in results}


@cache
def base() -> dict[str, CheckResult]:
    return told(measured(pcs_said()))


def test_the_recorded_site_is_good() -> None:
    assert {one.state for one in base().values()} == {State.PASSED, State.NOT_APPLICABLE}


def other(found: dict[str, CheckResult]) -> set[str]:
    """The checks that ended otherwise than on a good day, without those that wait for another."""
    return {
        name
        for name, one in found.items()
        if one.state is not State.SKIPPED and one.state is not base()[name].state
    }


def resting_on(host: str, fields: set[str]) -> set[str]:
    return {
        name
        for name, one in base().items()
        for check, rests in RESTS_ON.items()
        if name.startswith(f"{check}.{host}") and fields & {*rests}
    }


@pytest.mark.parametrize("script", ["read_terminal", "read_receipt"])
@given(st.data())
@QUIET
def test_one_odd_value_of_a_pc_costs_what_rests_on_it(script: str, data: st.DataObject) -> None:
    said = pcs_said()
    place, value = data.draw(changed(said[script]["value"]))
    evidence = measured({**said, script: {"value": value}})
    found, host = told(evidence), PCS[script]
    pc = evidence.windows and (evidence.windows.terminal(host) or evidence.windows.receipt(host))
    assert pc is not None
    field = {str(one) for one in place[:1]}
    unread = set(pc.state.unread) if pc.state is not None else set(PcState.model_fields)
    if pc.state is not None:
        assert unread <= field
        assert pc.session.access == "ok" or "system" in field
    allowed = resting_on(host, field)
    if pc.session.access != "ok":
        allowed = {name for name in base() if f".{host}" in name}
    assert other(found) <= allowed
    for name in resting_on(host, unread) & set(found):
        assert found[name].state in {State.ERROR, State.SKIPPED, State.NOT_APPLICABLE}


@given(st.data())
@QUIET
def test_one_odd_value_of_a_users_store_costs_the_store(data: st.DataObject) -> None:
    said = pcs_said()
    _, value = data.draw(changed(said["carry_out"]["value"]))
    found = told(measured({**said, "carry_out": {"value": value}}))
    on_store = {"receipt-pc.credential.receipt-1", "receipt-pc.share.receipt-1@terminal-1"}
    assert other(found) <= on_store


@given(st.data())
@QUIET
def test_one_odd_value_inside_a_users_store_costs_the_store(data: st.DataObject) -> None:
    said = pcs_said()
    inner = json.loads(said["carry_out"]["value"]["answers"][0]["answer"])
    _, value = data.draw(changed(inner))
    place = ("value", "answers", 0, "answer")
    found = told(measured({**said, "carry_out": put(said["carry_out"], place, json.dumps(value))}))
    on_store = {"receipt-pc.credential.receipt-1", "receipt-pc.share.receipt-1@terminal-1"}
    assert other(found) <= on_store


NESTED = "[" * 50_000 + "]" * 50_000
WHOLE = (
    NESTED, "{}", '{"error": "x"}', '{"error": {"code": "x", "kind": [1], "text": {}}}', "null",
    '{"error": {"code": 1e999}}', '{"value": null}', '{"value": "\\ud800"}', '{"value": [[]]}', "[",
    '{"value": {"system": {"computer_name": "TERMINAL-\\ud800"}}}', "\ufeff{}", '{"value": 1e999}',
)  # fmt: skip


@given(st.one_of(st.sampled_from(WHOLE), st.text(max_size=30)), st.sampled_from(list(PCS)))
@QUIET
@example("\ud83d", "read_terminal")
def test_what_is_no_answer_at_all_costs_that_pc_and_is_kept(words: str, script: str) -> None:
    said = pcs_said()

    def answer(self: Pc, one: Script, **_given: Any) -> dict[str, Any]:
        whole = words.encode("utf-8", "surrogatepass")
        if one.name != script:
            whole = json.dumps(said[one.name]).encode()
        line = envelope.MARK.encode() + base64.b64encode(whole)
        return envelope.answer(one, (), line, b"", self.host)

    with patch.object(Pc, "run", answer):
        evidence = measured(said)
    assert all(PCS[script] in name for name in other(told(evidence)))
    pcs: WindowsEvidence | None = evidence.windows
    assert pcs is not None
    pc = pcs.terminal(PCS[script]) or pcs.receipt(PCS[script])
    assert pc is not None


def test_an_unread_fact_keeps_the_pcs_own_words_without_secrets() -> None:
    said = pcs_said()
    odd = put(said["read_terminal"], ("value", "rules"), "canary-demo-clinic/link " + SURROGATE)
    evidence = measured({**said, "read_terminal": odd})
    assert evidence.windows is not None
    pc = evidence.windows.terminal("terminal-1")
    assert pc is not None
    assert pc.state is not None
    assert set(pc.state.unread) == {"rules"}
    assert "canary" not in evidence.model_dump_json()
    found = told(evidence)
    assert other(found) == {"terminal.firewall.terminal-1"}
    assert found["terminal.firewall.terminal-1"].message == "unmeasured.pc-unread"
    assert "firewall rules" in found["terminal.firewall.terminal-1"].detail


# A router


COMMANDS = sorted(recorded(SITE)["router"])
FIELDS = {
    "show status lan2": {"wan"}, "show status lan1": {"lan"}, "show ipv6 address": {"addresses"},
    "show ipv6 route": {"routes"}, "show status ipv6 dhcp": {"dhcp"}, "show arp": {"arp"},
    "show environment": {"clock", "health", "uptime_s"},
    "show config": {"running", "saved", "model", "header", "firmware", "serial"},
}  # fmt: skip


def router(answers: dict[str, str]) -> RouterState:
    running = answers["show config"]
    session = MemorySession(running=running, answers=answers)
    return ask_router(intent_of(SITE), SECRETS, Path("none"), lambda *_: session)


@pytest.mark.parametrize("command", COMMANDS)
@given(st.data())
@QUIET
def test_one_odd_answer_of_a_router_costs_that_answer(command: str, data: st.DataObject) -> None:
    answers = recorded(SITE)["router"]
    odd = router({**answers, command: data.draw(retyped(answers[command]))})
    good = router(answers)
    fields = FIELDS.get(command, {"pings", "lookups"})
    for name in RouterState.model_fields.keys() - fields - {"duration_s"}:
        assert meant(getattr(odd, name)) == meant(getattr(good, name)), name
    told(twin(f"{SITE}-good").model_copy(update={"router": odd}))


def meant(value: Any) -> Any:
    """A reading without the seconds that it took."""
    if isinstance(value, Reading):
        return value.outcome, value.found if not isinstance(value.found, types.Clock) else None
    if isinstance(value, dict):
        return {name: meant(one) for name, one in value.items()}
    return value


EMPTIED = ("show status lan2", "show ipv6 address", "show ipv6 route", "show status ipv6 dhcp",
           "show arp", "show config")  # fmt: skip


@pytest.mark.parametrize("command", EMPTIED)
@pytest.mark.parametrize("words", ["", "?????", "\x00\x01", "abc def"])
def test_words_that_nobody_understands_are_no_empty_table(command: str, words: str) -> None:
    answers = recorded(SITE)["router"]
    odd = router({**answers, command: words})
    (field, *_) = {"show config": ["running"]}.get(command) or FIELDS[command]
    reading = getattr(odd, field)
    assert reading.outcome is Outcome.ERROR
    assert reading.raw == words.replace("\x00", "\x00")
    found = told(twin(f"{SITE}-good").model_copy(update={"router": odd}))
    assert [one.id for one in found.values() if one.state is State.FAILED] == []


class Link:
    """A connection that shows one configuration, whatever is asked."""

    def __init__(self, said: str) -> None:
        self.said, self.columns, self.character = said, 80, None

    def converse(self, _command: str, _answer: Any = None) -> Any:
        return type("Reply", (), {"text": self.said, "asked": False, "level": "#"})()


@given(st.one_of(st.sampled_from(["abc", "0", "-1", "9" * 5000, "８０", "1e2", ""]), st.text()))
@example("abc")
def test_a_width_that_is_none_is_passed_over(word: str) -> None:
    said = f"# RTX830 Rev.15.02.31\nconsole columns {word}\nconsole character {word}\n"
    session = SshRouterSession(Link(said), intent_of(SITE).router.management, SECRETS, None)  # type: ignore[arg-type]
    assert session.config() == said
    assert session._link.columns in range(80, 201)


# The probe


KINDS = [
    one
    for one in vars(types).values()
    if isinstance(one, type) and issubclass(one, types.Facts) and one is not types.Facts
]


@given(st.data())
@QUIET
def test_one_odd_answer_of_the_probe_is_one_reading(data: st.DataObject) -> None:
    line = data.draw(st.sampled_from(recorded(SITE)["probe"]))
    _, odd = data.draw(changed(line))
    if not isinstance(odd, dict):
        return
    kind = data.draw(st.sampled_from(KINDS))
    reading = reading_of(odd, kind)
    assert isinstance(reading.outcome, Outcome)
    json.loads(reading.model_dump_json())


@given(st.one_of(st.binary(max_size=40), st.sampled_from([b"[" * 99_999, b"{}", b'{"id": []}'])))
def test_any_line_of_the_probe_is_an_answer_or_none(line: bytes) -> None:
    async def go() -> None:
        asker = ProcessAsker.__new__(ProcessAsker)
        asker._waiting = {1: asyncio.get_running_loop().create_future()}
        asker._take(line)

    asyncio.run(go())


# A file


@given(st.data())
@QUIET
def test_a_stored_measurement_is_refused_or_judged(data: st.DataObject) -> None:
    _, odd = data.draw(changed(json.loads(twin(f"{SITE}-good").model_dump_json())))
    if not isinstance(odd, dict):
        return
    try:
        evidence = evidence_of(odd)
    except (ValueError, TypeError):
        return
    told(evidence)


def test_errors_of_a_device_are_ours() -> None:
    assert issubclass(DeviceError, OnshiError)
