"""Every paper and the report in a browser: axe-core's violations, and whether 360 px hold it.

`npm install --no-save axe-core && python benchmarks/axe.py node_modules/axe-core/axe.min.js`, from
the repository's root; needs Debian's chromium. Exit code 1 where there is a violation, or a page is
wider than a telephone.
"""

from __future__ import annotations

import datetime
import html
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.images import report_page, with_three_faults  # noqa: E402
from onshi_net.i18n import set_language  # noqa: E402
from onshi_net.papers import KINDS, Issue, load_dossier, paper_of, to_html  # noqa: E402

SITES = ("demo-dental", "demo-clinic", "demo-pharmacy")
DAY = datetime.date(2026, 11, 30)
PHONE = 360
ASK = """axe.run().then(found => {
  const told = document.createElement('pre');
  told.id = 'told';
  told.textContent = JSON.stringify({
    violations: found.violations.map(one => [one.id, one.nodes.map(node => node.html)]),
    passes: found.passes.length,
  });
  document.body.appendChild(told);
});"""
FRAME = """<!DOCTYPE html><title>width</title><iframe id="phone" width="360" height="800"></iframe>
<script>const frame = document.getElementById('phone');
frame.onload = () => { const told = document.createElement('pre'); told.id = 'told';
  told.textContent = JSON.stringify(frame.contentDocument.documentElement.scrollWidth);
  document.body.appendChild(told); };
frame.srcdoc = PAGE;</script>"""


def pages() -> Iterator[tuple[str, str]]:
    """Gives every page with its name."""
    for site in SITES:
        dossier = load_dossier(ROOT / "inventory", site)
        for kind in KINDS:
            yield f"{site} {kind}", to_html(paper_of(kind, dossier, Issue(DAY)))
    yield "report with three faults", report_page(with_three_faults())


def told(page: str, folder: Path) -> Any:
    """Answers what a page wrote into its element `told`, None where it wrote nothing."""
    file = folder / "page.html"
    file.write_text(page, encoding="utf-8")
    words = ["chromium", "--headless", "--disable-gpu", f"--user-data-dir={folder / 'profile'}",
             "--virtual-time-budget=20000", "--window-size=980,900", "--dump-dom"]  # fmt: skip
    words += ["--no-sandbox"] if os.geteuid() == 0 else []
    done = subprocess.run(
        [*words, file.as_uri()], capture_output=True, text=True, timeout=120, check=True
    )
    found = re.search(r'<pre id="told">(.*?)</pre>', done.stdout, re.DOTALL)
    return json.loads(html.unescape(found.group(1))) if found else None


def main() -> int:
    """Prints a line for each page."""
    set_language("ja")
    axe, bad = Path(sys.argv[1]).read_text(encoding="utf-8"), 0
    script = f"<script>{axe}</script><script>{ASK}</script></body>"
    with tempfile.TemporaryDirectory() as name:
        for title, page in pages():
            found = told(page.replace("</body>", script), Path(name))
            inside = json.dumps(page).replace("</", "<\\/")
            width = told(FRAME.replace("PAGE", inside), Path(name))
            bad += found is None or bool(found["violations"]) or width is None or width > PHONE
            print(f"{title:28} {width} px, {found}")
    print(f"bad: {bad}")
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())
