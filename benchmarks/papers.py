"""Every paper of every example site, from the site's files to the PDF: seconds of each.

`python benchmarks/papers.py`; each must be there within 3 s, the first with all imports. Needs what
`scripts/papers` installs.
"""

from __future__ import annotations

import time

START = time.perf_counter()

import datetime  # noqa: E402
from pathlib import Path  # noqa: E402

from onshi_net.i18n import set_language  # noqa: E402
from onshi_net.papers import KINDS, Issue, load_dossier, paper_of, to_html, to_pdf  # noqa: E402

SITES = ("demo-dental", "demo-clinic", "demo-pharmacy")
GOAL_S = 3.0


def main() -> None:
    """Prints a line for each paper and the slowest."""
    set_language("ja")
    root, begun, slowest = Path(__file__).parents[1], START, 0.0
    for site in SITES:
        for kind in KINDS:
            dossier = load_dossier(root / "inventory", site, root / "runs" / site)
            made = to_pdf(to_html(paper_of(kind, dossier, Issue(datetime.date(2026, 11, 30)))))
            took = time.perf_counter() - begun
            slowest = max(slowest, took)
            print(f"{site:14} {kind:11} {took:5.2f} s {len(made) // 1024:4} KiB")
            begun = time.perf_counter()
    print(f"slowest {slowest:.2f} s, goal {GOAL_S:.0f} s")


if __name__ == "__main__":
    main()
