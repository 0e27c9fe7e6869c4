"""What Windows lets accounts, computers, shares and folders be called, as tables."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from onshi_net.i18n import text
from onshi_net.model.accounts import (
    FAULT,
    AccountName,
    ComputerName,
    Form,
    LocalUserName,
    ShareName,
    WindowsPath,
    account,
)

KINDS: dict[str, TypeAdapter[str]] = {
    "local-user": TypeAdapter(LocalUserName),
    "account": TypeAdapter(AccountName),
    "computer": TypeAdapter(ComputerName),
    "share": TypeAdapter(ShareName),
    "folder": TypeAdapter(WindowsPath),
}
GOOD = {
    "local-user": (
        *(
            "onslink",
            "連携ユーザー",
            "clinic admin",
            "taro.yamada",
            "o'brien",
            "renkei$",
            "a b.c",
            "山田　太郎",
        ),
        *("受付１", "髙橋", "-x", "{admin}", "100%", "a&b", "(受付)", "x" * 20, "あ" * 20, ".x"),
    ),
    "account": (
        *("Administrator", "受付", "clinic admin", "taro.yamada", "山田 太郎", "o'brien", "x" * 20),
        *("taro@outlook.jp", "taro+clinic@gmail.com", "受付@clinic.local", "o'brien@clinic.jp"),
        *(r"MicrosoftAccount\taro@outlook.jp", r"microsoftaccount\taro@outlook.jp"),
        *(r".\受付", r"UKETSUKE\山田 太郎", r"CLINIC\taro", r"clinic.local\taro", r"受付PC\受付"),
        r"AzureAD\taro@clinic.jp",
    ),
    "computer": (
        *("DESKTOP-A1B2C3D", "受付PC", "UKETSUKE_01", "pc1", "1号機", "x" * 15, "レセコンレセコ"),
        *("a-", "_x", "PC１"),
    ),
    "share": (
        *("OQS", "REQ$", "資格確認", "OQS Req", "req.2", "o'share", "{x}", "x" * 80, "a&b", "100%"),
        "CC$",
    ),
    "folder": (
        *("C:\\OQS", "d:\\資格確認\\Req", "C:\\Program Files\\OQS", "C:\\O'Brien", "C:\\a$\\b`c"),
        *("C:\\.hidden", "C:\\console", "C:\\" + "x" * 244),
    ),
}
BAD: dict[str, dict[str, tuple[str, ...]]] = {
    "local-user": {
        "empty": ("",),
        "length": ("x" * 21, "𠮷" * 11),
        "characters": ("a/b", "a\\b", "a@b", "a,b", "a;b", 'a"b', "a[b", "a+b", "a|b", "<a>"),
        "only-dots": ("...", " . ", " "),
        "last-dot": ("taro.",),
        "blanks": (" taro", "taro "),
        "unseen": ("ta\u200bro", "taro\n", "\ufefftaro", "ta\x07ro", "ta\u202ero", "ta\u00a0ro"),
        "built-in": ("Administrator", "guest", "Users", "BACKUP OPERATORS"),
    },
    "account": {
        "empty": ("",),
        "length": ("x" * 21, "CLINIC\\" + "x" * 21, "x" * 500 + "@outlook.jp.example"),
        "characters": ("a/b", "CLI/NIC\\taro", "CLINIC\\a\\b", "a b@outlook.jp", "CLI NIC\\taro"),
        "only-dots": (".", ".\\..."),
        "last-dot": ("CLINIC\\taro.",),
        "unseen": ("ta\u200bro", "CLI\u200bNIC\\taro", "taro\u200b@outlook.jp"),
        "no-domain": ("\\taro",),
        "principal": (
            "taro@",
            "@outlook.jp",
            "a@b@c",
            "taro@outlook..jp",
            "MicrosoftAccount\\taro",
        ),
    },
    "computer": {
        "empty": ("",),
        "netbios": ("x" * 16, "受付窓口レセコン", "UKETSUKE-RECEIPT-01"),
        "characters": ("pc 1", "pc.clinic", "a/b", "pc!", "o'pc", "a\\b"),
        "only-digits": ("12345",),
        "first-hyphen": ("-pc",),
        "unseen": ("pc\u200b",),
    },
    "share": {
        "empty": ("",),
        "length": ("x" * 81,),
        "characters": ("a/b", "a\\b", "a:b", "a;b", "a=b", "a[b]", "a,b", "a*"),
        "blanks": (" OQS", "OQS "),
        "unseen": ("OQ\u200bS", "OQS\x1f"),
        "reserved": ("pipe", "MAILSLOT", "ADMIN$", "c$", "IPC$"),
    },
    "folder": {
        "drive": ("", "OQS", "\\OQS", "C:", "C:\\", "C:/OQS", "\\\\server\\share", "CC:\\x"),
        "length": ("C:\\" + "x" * 245,),
        "characters": ("C:\\a:b", "C:\\a?b", "C:\\a/b", 'C:\\a"b'),
        "part": ("C:\\a\\\\b", "C:\\a\\", "C:\\a.", "C:\\a \\b", "C:\\ a", "C:\\.."),
        "unseen": ("C:\\a\u200bb", "C:\\a\nb"),
        "reserved": ("C:\\con", "C:\\x\\NUL.txt", "C:\\com1\\x"),
    },
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_windows_takes_is_taken(kind: str) -> None:
    for name in GOOD[kind]:
        assert KINDS[kind].validate_python(name) == name


def refusal(kind: str, name: str) -> dict[str, Any]:
    with pytest.raises(ValidationError) as caught:
        KINDS[kind].validate_python(name)
    (error,) = caught.value.errors(include_url=False)
    assert error["type"] == FAULT, (kind, name, error)
    return error["ctx"]


@pytest.mark.parametrize("kind", KINDS)
def test_what_windows_refuses_is_refused_by_its_rule(kind: str) -> None:
    for rule, names in BAD[kind].items():
        for name in names:
            assert refusal(kind, name)["rule"] == rule, (kind, name)


@pytest.mark.parametrize("kind", KINDS)
def test_every_rule_and_kind_has_its_sentence(kind: str) -> None:
    what = text(f"inventory.windows-name.{kind}")
    assert text(f"inventory.windows-name.{kind}.remedy")
    for rule in BAD[kind]:
        assert what in text(f"inventory.windows-name.{rule}", value="x", what=what, broken="y")


@given(st.sampled_from(sorted(KINDS)), st.text(max_size=30))
def test_any_text_is_taken_or_refused_by_a_rule(kind: str, name: str) -> None:
    """What is taken holds nothing that PowerShell's quoting can't carry, and is not changed."""
    try:
        assert KINDS[kind].validate_python(name) == name
    except ValidationError as error:
        (told,) = error.errors(include_url=False)
        assert told["type"] == FAULT


@pytest.mark.parametrize(
    ("written", "form", "login", "candidates"),
    [
        ("受付", Form.OWN, "受付", (".\\受付",)),
        (".\\受付", Form.OWN, "受付", (".\\受付",)),
        ("PC1\\taro", Form.DOMAIN, "PC1\\taro", ("PC1\\taro",)),
        ("CLINIC\\taro", Form.DOMAIN, "CLINIC\\taro", ("CLINIC\\taro",)),
        (
            "taro@outlook.jp",
            Form.PRINCIPAL,
            "taro@outlook.jp",
            ("taro@outlook.jp", "MicrosoftAccount\\taro@outlook.jp"),
        ),
        (
            "microsoftaccount\\taro@outlook.jp",
            Form.MICROSOFT,
            "MicrosoftAccount\\taro@outlook.jp",
            ("MicrosoftAccount\\taro@outlook.jp",),
        ),
    ],
)
def test_the_form_says_whose_account_it_is(
    written: str, form: Form, login: str, candidates: tuple[str, ...]
) -> None:
    found = account(written)
    assert (found.form, found.login, found.candidates) == (form, login, candidates)
