"""Sessions on the mock router.

Logins, host keys, languages, prompts, algorithms, nothing leaked.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from onshi_net.errors import LoginRefused, SecretRefused, Unreachable
from onshi_net.platforms.yamaha.config import config_lines
from onshi_net.platforms.yamaha.session import open_router
from onshi_net.transport import CommandRejected, SessionLost
from onshi_net.transport.handshake import look
from onshi_net.transport.hostkeys import host_name, recorded
from tests.transport.routers import (
    CANARIES,
    CANARY_INITIAL,
    CANARY_LOGIN,
    CuttingProxy,
    MockRouter,
    free_port,
    management,
    new_secrets,
)

Start = Callable[..., MockRouter]


def opened(router: MockRouter, tmp_path: Path, **secrets: str):
    return open_router(
        management(router.port), new_secrets(**secrets), tmp_path / "known", deadline_s=15
    )


def test_a_router_ends_with_the_test_that_was_killed(router: Start):
    one = router()
    one.pipe.close()  # as the kernel does when the process that started it is gone
    one.process.join(60)
    assert one.process.exitcode is not None


def test_delivery_password_is_tried_when_the_site_secret_is_refused(router: Start, tmp_path: Path):
    session = opened(router(), tmp_path)
    assert session.used_initial
    assert session.credentials.login == "start-pack/router-initial"
    identity = session.identity
    assert (identity.model, str(identity.firmware), identity.serial) == (
        "RTX830",
        "15.02.31",
        "S5X000001",
    )
    session.close()


def test_site_secret_that_works_is_the_only_one_tried(router: Start, tmp_path: Path):
    one = router()
    session = opened(
        one,
        tmp_path,
        **{"demo-clinic/router": CANARY_INITIAL, "demo-clinic/router-admin": CANARY_INITIAL},
    )
    assert session.credentials.login == "demo-clinic/router"
    assert not session.used_initial
    session.close()


def test_wrong_passwords_are_refused_with_a_remedy(router: Start, tmp_path: Path):
    with pytest.raises(LoginRefused) as caught:
        opened(router(), tmp_path, **{"start-pack/router-initial": "Nonsense123"})
    assert caught.value.message == "transport.login-refused"
    assert caught.value.remedy


@pytest.mark.parametrize("language", ["ja", "en"])
def test_errors_are_seen_in_both_languages(router: Start, tmp_path: Path, language: str):
    session = opened(router(language=language), tmp_path)
    with pytest.raises(CommandRejected) as caught:
        session.configure("ip lan1 adress 10.0.0.1/24")
    assert caught.value.line == "ip lan1 adress 10.0.0.1/24"
    assert caught.value.answer
    session.configure("syslog notice on")
    session.close()


@pytest.mark.parametrize("character", ["ja.sjis", "ja.euc", "ja.utf8", "en.ascii"])
def test_every_console_character_is_understood(router: Start, tmp_path: Path, character: str):
    one = router()
    setup = opened(one, tmp_path)
    setup.configure(f"console character {character}")
    setup.close()
    session = opened(one, tmp_path)
    with pytest.raises(CommandRejected) as caught:
        session.configure("nonsense")
    assert caught.value.answer in {"コマンド名を確認してください", "Invalid command name"}
    assert f"console character {character}" in session.config()
    session.close()


@pytest.mark.parametrize("prompt", ["RTX830", "clinic-#1", "a>b"])
def test_console_prompt_prefix_is_learned(router: Start, tmp_path: Path, prompt: str):
    one = router()
    setup = opened(one, tmp_path)
    for line in (f"console prompt {prompt}", "console lines 10", "console columns 80"):
        setup.configure(line)
    setup.close()
    session = opened(one, tmp_path)
    for number in range(40):
        session.configure(f"ip filter {number + 1} pass 192.168.100.{number} * tcp * 443")
    config = session.config()
    assert all(f"\nip filter {n + 1} pass 192.168.100.{n} * tcp * 443" in config for n in range(40))
    session.close()


def test_factory_prompt_long_lines_and_pages_give_every_line_once(router: Start, tmp_path: Path):
    session = opened(router(), tmp_path)
    lines = [
        f"dns server select {n} 2001:a7ff:f014:d00::53:1 edns=on 2001:a7ff:f014:d00::53:2"
        f" edns=on any {'x' * (n % 30 + 1)}.onshikaku.org"
        for n in range(1, 41)
    ]
    for line in lines:
        session.configure(line)
    got = session.config().splitlines()
    assert [line for line in got if line.startswith("dns server select")] == lines
    session.close()


def test_connecting_changes_nothing_on_the_router(router: Start, tmp_path: Path):
    one = router()
    first = opened(one, tmp_path)
    before = [line for line in first.config().splitlines() if not line.startswith("#")]
    first.show("show environment")
    first.saved_config()
    first.close()
    second = opened(one, tmp_path)
    after = [line for line in second.config().splitlines() if not line.startswith("#")]
    assert after == before
    second.close()


def test_a_legacy_router_is_told_at_the_look_and_reached_as_recorded(router: Start, tmp_path: Path):
    one = router(host_key_type="rsa-sha1", model="RTX1210", firmware="14.01.38")
    nobody = recorded(tmp_path / "none", host_name("127.0.0.1", one.port))
    shown = look("127.0.0.1", one.port, nobody, 15)
    assert (shown.era, shown.key) == ("legacy", one.key)
    opened(one, tmp_path).close()


def test_modern_router_is_never_talked_down_to_legacy(router: Start, tmp_path: Path):
    one = router()
    opened(one, tmp_path).close()
    one.stop()
    old = MockRouter(one.folder, port=one.port, host_key_type="rsa-sha1")
    try:
        with pytest.raises(Unreachable) as caught:
            opened(old, tmp_path)
        assert caught.value.message == "transport.algorithms"
    finally:
        old.stop()


def test_nobody_there_is_unreachable_with_a_remedy(tmp_path: Path):
    with pytest.raises(Unreachable) as caught:
        open_router(management(free_port()), new_secrets(), tmp_path / "known", deadline_s=3)
    assert "LAN port 1 or 2" in caught.value.remedy


def test_cut_connection_is_a_lost_session(router: Start, tmp_path: Path):
    proxy = CuttingProxy(router().port)
    session = open_router(management(proxy.port), new_secrets(), tmp_path / "known", deadline_s=15)
    proxy.cut()
    with pytest.raises(SessionLost):
        session.show("show status user")
    session.close()
    proxy.close()


def test_passwords_are_set_in_the_dialogue_and_the_old_ones_end(router: Start, tmp_path: Path):
    one = router()
    secrets = new_secrets()
    session = open_router(management(one.port), secrets, tmp_path / "known", deadline_s=15)
    session.set_login_password("onshi", secrets.resolve("demo-clinic/router"))
    session.set_admin_password(secrets.resolve("demo-clinic/router-admin"))
    session.close()
    fresh = open_router(management(one.port), secrets, tmp_path / "known", deadline_s=15)
    assert not fresh.used_initial
    fresh.close()


def test_no_password_reaches_logs_or_errors(
    router: Start, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    for name in ("paramiko", "paramiko.transport", "netmiko"):
        caplog.set_level(logging.DEBUG, logger=name)
    one = router()
    secrets = new_secrets()
    session = open_router(management(one.port), secrets, tmp_path / "known", deadline_s=15)
    errors = []
    for line in (f"login user onshi {CANARY_LOGIN} surplus words", f"nonsense {CANARY_INITIAL}"):
        with pytest.raises(CommandRejected) as caught:
            session.configure(line)
        errors.append(f"{caught.value} {caught.value!r} {caught.value.line} {caught.value.answer}")
    session.close()
    with pytest.raises(LoginRefused) as refused:
        opened(one, tmp_path, **{"start-pack/router-initial": "WrongOne77"})
    errors.append(repr(refused.value) + str(refused.value) + repr(session))
    seen = caplog.text + "".join(errors)
    assert caplog.text
    assert not [secret for secret in (*CANARIES, "WrongOne77") if secret in seen]


def with_unnamed(one: MockRouter, known: Path) -> None:
    """Gives the unnamed user a password of its own, as somebody did at the console, and saves."""
    session = open_router(management(one.port), new_secrets(), known, deadline_s=15)
    questions: list[str] = []

    def answer(question: str) -> str:
        questions.append(question)
        return "" if "Old" in question else "NttLogin01"

    session._link.converse("login password", answer)  # type: ignore[attr-defined]
    assert len(questions) == 3
    session.show("save")
    session.close()


def test_the_unnamed_users_password_is_asked_for_in_the_middle_of_a_command(
    router: Start, tmp_path: Path
):
    """Source: an operator's notes; RTX reference 57.2: a stored configuration asks for it."""
    one = router()
    known = tmp_path / "known"
    with_unnamed(one, known)
    asked = replace(management(one.port), unnamed_secret="demo-clinic/router-unnamed")
    secrets = new_secrets(**{"demo-clinic/router-unnamed": "NttLogin01"})
    session = open_router(asked, secrets, known, deadline_s=15)
    assert "login password *" in session.saved_config()
    session.close()


def test_an_unknown_password_of_the_unnamed_user_has_its_own_sentence(
    router: Start, tmp_path: Path
):
    one = router()
    known = tmp_path / "known"
    with_unnamed(one, known)
    session = open_router(management(one.port), new_secrets(), known, deadline_s=15)
    with pytest.raises(CommandRejected) as caught:
        session.saved_config()
    session.close()
    assert "asks for the password of its unnamed user" in str(caught.value)
    assert "onshi [--secrets FILE] secret set demo-clinic/router-unnamed" in caught.value.remedy
    assert caught.value.answer == "unnamed-password"


@pytest.mark.parametrize("value", ["パスワード1", "tab\there", "line\nend", "esc\x1b1"])
@pytest.mark.parametrize("which", ["demo-clinic/router", "demo-clinic/router-admin"])
def test_a_password_that_can_not_be_typed_is_refused_before_the_connection(
    tmp_path: Path, which: str, value: str
):
    nobody = management(1)
    with pytest.raises(SecretRefused) as caught:
        open_router(nobody, new_secrets(**{which: value}), tmp_path / "known", deadline_s=1)
    assert which in str(caught.value)
    assert value not in f"{caught.value}{caught.value!r}{caught.value.values}"


def test_passwords_of_every_sign_are_typed_exactly(router: Start, tmp_path: Path):
    """Source: RTX reference 4.3 and 4.5: the printable ASCII characters."""
    signs = "".join(map(chr, range(0x21, 0x7F)))
    values = [signs[start : start + 32] for start in range(0, len(signs), 32)]
    for value in values:
        one = router()
        secrets = new_secrets(
            **{"demo-clinic/router": value, "demo-clinic/router-admin": value[::-1]}
        )
        session = open_router(management(one.port), secrets, tmp_path / "known", deadline_s=15)
        session.set_login_password("onshi", secrets.resolve("demo-clinic/router"))
        session.set_admin_password(secrets.resolve("demo-clinic/router-admin"))
        session.close()
        site_only = replace(management(one.port), initial_secret=None)
        open_router(site_only, secrets, tmp_path / "known", deadline_s=15).close()


def test_a_line_that_the_console_would_take_otherwise_is_not_sent(router: Start, tmp_path: Path):
    one = router()
    session = open_router(management(one.port), new_secrets(), tmp_path / "known", deadline_s=15)
    before = session.config()
    for line in ("description 1 a?b", "description 1 a\tb", "description 1 説明", "save\rsave"):
        with pytest.raises(CommandRejected):
            session.configure(line)
    assert config_lines(session.config()) == config_lines(before)
    session.close()


@pytest.mark.parametrize(("initial", "tried"), [("same", 1), ("another", 2)])
def test_a_refused_password_is_not_tried_again_under_another_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, initial: str, tried: int
):
    """Each wrong login counts: after three the router locks itself (FIELD R2's kind)."""
    calls = []

    def refuse(_management, _secrets, _known, login: str, _until):
        calls.append(login)
        raise LoginRefused("transport.login-refused", host="192.0.2.1", user="onshi")

    monkeypatch.setattr("onshi_net.platforms.yamaha.session._opened", refuse)
    given = {"demo-clinic/router": "same", "start-pack/router-initial": initial}
    with pytest.raises(LoginRefused):
        open_router(management(22), new_secrets(**given), tmp_path / "known", deadline_s=5)
    assert calls == ["demo-clinic/router", "start-pack/router-initial"][:tried]
