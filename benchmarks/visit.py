"""A visit of demo-clinic, recorded: one LAN port, a cable pulled, a PC switched off and on.

`python benchmarks/visit.py` raises the lab, lets the technician of tests/lab/technician.py do what
the screen says, writes docs/visit.cast (asciinema, version 2), and prints how long it all took, how
long hands took, and the longest time without a new sentence. Needs root and about two minutes.
"""

from __future__ import annotations

import itertools
import json
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.lab.clinic import Clinic  # noqa: E402
from tests.lab.technician import (  # noqa: E402
    Seen,
    flat,
    move,
    plug,
    power,
    pull,
    type_,
    visited,
)

SITE, CAST = "demo-clinic", ROOT / "docs" / "visit.cast"
YES = type_("はい")
CHANGE = "この変更を機器に反映しますか"
SCRIPT = (
    ("ルーターのポート1・2のどれかに挿してください", plug("laptop:terminal0")),
    ("挿す口が1つだけのときはEnter", type_("")),
    ("として記録しますか", YES),
    (CHANGE, YES),
    ("dnsserverselect", pull("laptop:terminal0")),
    ("ケーブルが抜けているか", plug("laptop:terminal0")),
    ("端末1のアドレス", power(True, "terminal-1")),
    (CHANGE, YES),
    ("院内LAN(院内のハブ", move("laptop:terminal0", "laptop:clinic0")),
    (CHANGE, YES),
    ("ルーターのポート1・2のどれか", move("laptop:clinic0", "laptop:terminal0")),
)


def recorded(folder: Path) -> Seen:
    """Raises the lab as it is before the visit, and visits it."""
    clinic = Clinic.raise_up(SITE, folder)
    try:
        for end in ("laptop:terminal0", "laptop:clinic0"):
            clinic.lab("cable", "out", end)
        clinic.lab("power", "off", "terminal-1")
        return visited(clinic, SCRIPT)
    finally:
        clinic.down()


def cast(seen: Seen, folder: str) -> str:
    """Answers the recording in asciinema's format, without the name of the temporary folder."""
    rows: list[object] = [{"version": 2, "width": 80, "height": 40, "title": f"onshi visit {SITE}"}]
    for at, said in seen.pieces:
        rows.append(
            [round(at, 2), "o", said.decode(errors="replace").replace(folder, "/srv/onshi")]
        )
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def longest_silence(seen: Seen) -> float:
    """Answers the longest time, in seconds, in which not one octet was shown."""
    hands = [(at, at + took) for at, took, _ in seen.acts]
    times = [at for at, _ in seen.pieces]
    gaps = [
        after
        - before
        - sum(
            min(end, after) - max(begin, before)
            for begin, end in hands
            if begin < after and end > before
        )
        for before, after in itertools.pairwise(times)
    ]
    return max(gaps)


def main() -> None:
    """Writes the recording and prints its figures; exits with 1 where the visit is not good."""
    with tempfile.TemporaryDirectory() as folder:
        seen = recorded(Path(folder))
        CAST.write_text(cast(seen, folder), encoding="utf-8")
    whole, hands = seen.pieces[-1][0], sum(took for _, took, _ in seen.acts)
    typed = sum(1 for _, _, asked in seen.acts if flat(asked.encode()) == CHANGE)
    print(
        f"exit {seen.code}; {whole:.1f} s, of which hands {hands:.1f} s; {typed} changes confirmed"
    )
    print(f"longest time with nothing shown: {longest_silence(seen):.1f} s")
    sys.exit(seen.code)


if __name__ == "__main__":
    main()
