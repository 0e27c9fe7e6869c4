"""Pictures of the papers' first pages and of the report: `docs/images/`.

`python benchmarks/images.py [FOLDER]`, from the repository's root, after `scripts/papers`; needs
Debian's poppler-utils. The papers are demo-dental's, the brochure's own example; the report is
demo-clinic's, once healthy and once with three faults.
"""

from __future__ import annotations

import datetime
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from onshi_net.checks import judge  # noqa: E402
from onshi_net.checks.baseline import traits  # noqa: E402
from onshi_net.facts.stored import evidence_of  # noqa: E402
from onshi_net.i18n import set_language  # noqa: E402
from onshi_net.papers import KINDS, Issue, load_dossier, paper_of, to_html, to_pdf  # noqa: E402
from onshi_net.papers.report import report_of  # noqa: E402
from onshi_net.papers.report import to_html as report_html  # noqa: E402
from tests.checks.twins import intent_of, plain  # noqa: E402

DPI = 80
DAY = datetime.date(2026, 11, 30)


def first_page(made: bytes, file: Path) -> None:
    """Writes the first page of a PDF as a PNG."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "paper.pdf")
        source.write_bytes(made)
        words = ["pdftoppm", "-png", "-r", str(DPI), "-singlefile", "-f", "1", "-l", "1"]
        subprocess.run([*words, str(source), str(file.with_suffix(""))], check=True)
    print(f"{file.name:24} {file.stat().st_size // 1024:4} KiB")


def report_page(data: dict[str, Any]) -> str:
    """Answers the report of what was measured, with its readings to unfold."""
    evidence = evidence_of(data)
    intent = intent_of(evidence.site)
    results = judge(evidence, intent)
    found = report_of(
        intent,
        evidence.taken_at,
        results,
        traits(evidence, intent),
        None,
        evidence=evidence.model_dump_json(),
    )
    return report_html(found)


def with_three_faults() -> dict[str, Any]:
    """Answers the good site's evidence with three faults.

    The terminal's firewall rule is off, its clock asks another server, its certificate ends soon.
    """
    data = plain("demo-clinic-good")
    terminal = data["windows"]["terminals"][0]["state"]
    terminal["rules"][0]["enabled"] = False
    terminal["time"]["server"] = "time.windows.com,0x9"
    terminal["certificates"][0]["until"] = "2026-12-10T00:00:00Z"
    return data


def main() -> None:
    """Writes them all."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "images"
    folder.mkdir(parents=True, exist_ok=True)
    set_language("ja")
    dossier = load_dossier(ROOT / "inventory", "demo-dental")
    for kind in KINDS:
        page = to_html(paper_of(kind, dossier, Issue(DAY)))
        first_page(to_pdf(page), folder / f"{kind}.png")
    first_page(to_pdf(report_page(plain("demo-clinic-good"))), folder / "report-healthy.png")
    first_page(to_pdf(report_page(with_three_faults())), folder / "report-three-faults.png")


if __name__ == "__main__":
    main()
