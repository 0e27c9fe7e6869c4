"""Whole outputs of the commands in Japanese, at 80 columns: read as a technician reads them."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from onshi_net.cli.run import run
from onshi_net.i18n import set_language

J = "\u3041-\u30ff\u3400-\u9fff\u3001-\u3011\uff01-\uff60"
COMMAND = re.compile(
    r"(?:onshi|python|route|openssl|age|chmod|chown|ip|winrm|net)(?= )[ -~]*"
    r"|--?[a-z][a-z-]*(?: (?:ファイル|理由|番号|拠点|機器|日付|秒数|日数|名前|区間"
    r"|フォルダー|詳しさ|版数))?"
)
"""What is typed, and the blank on each side of it."""
FORBIDDEN = (
    "インベントリ", "シークレット", "シリアル番号", "不合格", "測定不能", "ホスト「",
    "ネクストホップ", "リゾルバ", "タイムアウト", "実行フォルダー", "利用者", "控え", "指紋",
    "クライアント証明書", "することができます", "残りもの", "証明になりません", "このパソコン",
    "施工担当", "LAN1", "LAN2", "院内ネットワーク", "既定ゲートウェイ", "後始末", "プローブ",
    "緩め", "ノート PC",
)  # fmt: skip
"""Words that the glossary has another one for."""
LATIN = frozenset(
    [
        "LAN",
        "WAN",
        "ONU",
        "HGW",
        "OGW",
        "HUB",
        "IP",
        "VPN",
        "DNS",
        "RA",
        "MAC",
        "SSH",
        "WinRM",
        "SMB",
        "TCP",
        "HTTP",
        "HTTPS",
        "TLS",
        "PC",
        "OS",
        "USB",
        "MPKI",
        "CAF",
        "NTT",
        "Enter",
        "Windows",
        "Microsoft",
        "JSON",
        "JUnit",
        "XML",
        "HTML",
        "PDF",
        "Excel",
        "NTP",
        "DHCP",
        "NGN",
        "NTLM",
        "LTSC",
        "YAML",
        "TOML",
        "Enterprise",
        "GE",
        "PON",
        "SC",
        "NW",
        "SHA",
        "ja",
        "en",
        "debug",
        "info",
        "warning",
        "error",
        "line",
        "router",
        "inventory",
        "onshi",
        "sites",
        "estimate",
        "drawing",
        "prepare",
        "completion",
        "manual",
        "handover",
        "age",
        "terminal",
        "demo",
        "clinic",
        "PKCS",
        "bash",
        "zsh",
        "fish",
        "powershell",
        "pwsh",
        "playbooks",
        "onu",
        "certificate",
        "Ctrl",
        "PEM",
    ]
)
"""Latin words that may stand in a sentence: the glossary's, and what is typed."""
LETTERS = re.compile(r"(?<![\w.-])[A-Za-z]{2,}(?![\w.-])")

PAGES = [
    *([one, "--help"] for one in (
        "render", "plan", "provision", "verify", "trust", "report", "checks", "runs", "diff",
        "intake", "assess", "ready", "estimate", "work", "paper", "maintenance", "migrate",
        "secret", "winrm", "pack", "take-in",
    )),
    ["--help"], ["secret", "set", "--help"], ["winrm", "prepare", "--help"],
    ["winrm", "restore", "--help"],
]  # fmt: skip
REFUSED = [
    [], ["verfy"], ["verify"], ["verify", "demo-clinic", "--jsno"], ["verify", "a", "b"],
    ["verify", "demo-clinic", "--only"], ["verify", "demo-clinic", "--json=3"],
    ["--lang", "xx", "plan", "demo-clinic"], ["--log-level", "x", "plan", "demo-clinic"],
    ["provision", "demo-clinic", "--guard", "1"], ["provision", "demo-clinic", "--guard", "x"],
    ["paper", "demo-clinic", "estimate", "--edition", "0"], ["paper", "demo-clinic", "nothing"],
    ["plan", "nowhere"], ["plan", "demo-clinic", "--only", "terminal-9"],
    ["render", "demo-clinic", "--host", "rooter"], ["secret", "sett"], ["secret", "set", "a b"],
    ["report", "demo-clinic"], ["report", "demo-clinic", "x"], ["runs", "nowhere"],
    ["diff", "demo-clinic"], ["intake"], ["intake", "nothing.xlsx"], ["maintenance"],
    ["assess", "demo-clinic", "--on", "x"], ["ready", "demo-clinic", "--time", "x"],
    ["verify", "demo-clinic", "--only", "nobody"], ["checks", "--segment", "nothing"],
    ["verify", "demo-clinic", "--accept", "--only", "router"],
    ["verify", "demo-clinic", "--junit", "/nowhere/x.xml"], ["trust", "demo-clinic", "nobody"],
    ["winrm", "prepare", "demo-clinic", "--out", "/nowhere/x.cmd"],
    ["report", "demo-clinic", "--evidence", "/nowhere/x.json"], ["pack", "nowhere"],
    ["pack", "demo-clinic", "--until", "x"], ["take-in", "nothing.pack"], ["take-in", "/dev/null"],
    ["pack", "demo-clinic", "--out", "/dev/null"], ["pack", "demo-clinic", "--until", "2020-01-01"],
]  # fmt: skip
GOOD = [
    ["assess", "demo-clinic"], ["ready", "demo-clinic"], ["estimate", "demo-clinic"],
    ["work", "demo-clinic"], ["maintenance", "demo-clinic"], ["checks"], ["runs", "demo-clinic"],
    ["maintenance", "--all", "--within", "900"], ["assess", "demo-pharmacy"],
    ["ready", "demo-dental"], ["migrate", "demo-clinic"],
]  # fmt: skip


@pytest.fixture
def japanese(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A laptop that speaks Japanese: commands are built anew in its language."""
    monkeypatch.setenv("ONSHI_LANG", "ja")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    monkeypatch.delitem(sys.modules, "onshi_net.cli.app", raising=False)
    yield
    monkeypatch.delitem(sys.modules, "onshi_net.cli.app", raising=False)
    set_language("en")


def wrong(output: str) -> list[str]:
    """Answers what of an output no technician should see, each with its line."""
    found = []
    for line in output.splitlines():
        if re.match(r"\s*(?:使えるもの|次のどれか)", line):
            continue  # what may be typed
        shown = re.sub(
            r"もしかして: .*|(?<![/\w])[a-z-]+\.[\w{}.-]*|ja か en|\(differs\)", "", line
        )
        said = COMMAND.sub("", re.sub(r"^ +[a-z][\w.-]*(?:  +|$)", "", shown))
        said = re.sub(r"「[^」]*」|[\w./\\-]+[./\\][\w./\\-]+|SHA256:\S*|\bdemo-\w+\b", "", said)
        found += [f"{word}: {line}" for word in FORBIDDEN if word in line]
        found += [f"double mark: {line}" for _ in re.findall("。。|、、|。、|：：|。\\)", said)]
        found += [
            f"blank: {line}"
            for _ in re.findall(rf"[{J}] (?=[A-Za-z0-9])(?!\d+ )|[A-Za-z0-9)] (?=[ぁ-ん])", said)
            if not line.startswith((" ", "  ")) and "  " not in line
        ]
        found += [f"{one}: {line}" for one in LETTERS.findall(said) if one not in LATIN]
        if re.fullmatch(r"\s*[。、」)）(「]+\s*", line):
            found.append(f"near-empty: {line!r}")
    return found


@pytest.mark.usefixtures("japanese")
@pytest.mark.parametrize("words", [*PAGES, *REFUSED, *GOOD], ids=" ".join)
def test_what_a_command_says_is_japanese(
    words: list[str], inventory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(["--inventory", str(inventory), *words] if words else [])
    said = capsys.readouterr()
    assert said.out + said.err
    assert wrong(said.out + said.err) == []


@pytest.mark.parametrize(
    "line",
    [
        "Usage: onshi plan", "Error: No such command", "- service: W32Time Manual stopped",
        "+ folder: C:\\OQS (modify)", "応答がありません。。", "ルーターの LAN2 につなぎます。",
        "実行フォルダーを送ってください。", "(", "ルーター が応答しません: timed out",
    ],
)  # fmt: skip
def test_it_sees_what_is_wrong(line: str) -> None:
    assert wrong(line) != []
