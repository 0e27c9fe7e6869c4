"""The papers that an institution gets, each a pure function from a site's facts to frozen data.

`load_dossier` reads the facts, `paper_of` makes the data, `to_html` the page, `to_pdf` its PDF.
Who reads which paper, and what it decides, stands in each file's first line. What nobody has said
yet stands there as 未確認, what nobody has measured as 未測定; nothing is guessed. No password, no
login name of a device and no configuration is ever in one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from onshi_net.papers.completion import completion_paper
from onshi_net.papers.dossier import Dossier, load_dossier
from onshi_net.papers.drawing import drawing_paper
from onshi_net.papers.estimate import estimate_paper
from onshi_net.papers.handover import handover_paper
from onshi_net.papers.head import Issue
from onshi_net.papers.layout import KINDS, Kind
from onshi_net.papers.manual import manual_paper
from onshi_net.papers.page import Paper, to_html
from onshi_net.papers.pdf import to_pdf
from onshi_net.papers.prepare import prepare_paper

__all__ = ["KINDS", "Dossier", "Issue", "Kind", "load_dossier", "paper_of", "to_html", "to_pdf"]

_MAKERS: Mapping[str, Callable[[Dossier, Issue], Paper]] = MappingProxyType(
    {
        "estimate": estimate_paper,
        "drawing": drawing_paper,
        "prepare": prepare_paper,
        "completion": completion_paper,
        "manual": manual_paper,
        "handover": handover_paper,
    }
)


def paper_of(kind: Kind, dossier: Dossier, issue: Issue) -> Paper:
    """Answers a paper's data, in the current language."""
    return _MAKERS[kind](dossier, issue)
