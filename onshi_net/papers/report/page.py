"""From a verification's evidence to the page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import groupby

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from onshi_net import foreign
from onshi_net.checks import CheckResult, State
from onshi_net.checks.baseline import LINE, Baseline, Comparison, Traits, compared
from onshi_net.checks.model import Ending, ending, verdict, worst
from onshi_net.diagnose import Diagnosis, diagnose
from onshi_net.i18n import devices, language, text
from onshi_net.intent import SiteIntent
from onshi_net.papers.report.drawing import Drawing, draw
from onshi_net.papers.report.readings import readings
from onshi_net.papers.report.summary import Summary, Urgent, summary_of, urgent
from onshi_net.provision.journal import Word
from onshi_net.render.templates import TEMPLATES


@dataclass(frozen=True, slots=True)
class Report:
    """What the page says."""

    site: str
    institution: str
    taken_at: datetime
    results: tuple[CheckResult, ...]
    """Those that apply to the site."""
    diagnosis: Diagnosis
    devices: Traits
    """The traits of line and devices."""
    comparison: Comparison | None
    """With the accepted state; None: none was."""
    drawing: Drawing
    said: tuple[Word, ...] = ()
    """What was said in so many words when it was provisioned."""
    raw: tuple[tuple[str, str], ...] = ()
    """The readings behind it, each with its place in the evidence."""

    @property
    def passed(self) -> bool:
        """Whether nothing failed and enough was measured."""
        return ending(self.results) is Ending.GOOD

    @property
    def bad(self) -> int:
        """Counts the checks that failed."""
        return sum(1 for one in self.results if one.state is State.FAILED)

    @property
    def verdict(self) -> str:
        """Gives the sentence about all checks."""
        return verdict(self.results, ending(self.results))

    @property
    def summary(self) -> Summary:
        """Answers what stands on top."""
        return summary_of(self.results, self.diagnosis)

    @property
    def causes(self) -> tuple[Urgent, ...]:
        """Answers the causes, the most urgent first."""
        return urgent(self.diagnosis)

    @property
    def segments(self) -> Iterator[tuple[str, str | None, tuple[CheckResult, ...]]]:
        """Gives each segment with its worst state and its checks."""
        for segment, some in groupby(self.results, key=lambda one: one.segment):
            rows = tuple(some)
            yield segment, worst(rows), rows


def report_of(
    intent: SiteIntent,
    taken_at: datetime,
    results: Sequence[CheckResult],
    found: Traits,
    baseline: Baseline | None,
    said: tuple[Word, ...] = (),
    evidence: str | None = None,
) -> Report:
    """Answers what there is to report of a measurement's results and traits. Pure.

    `evidence` is the stored measurement's text, for the raw readings.
    """
    services = {one.id for one in intent.services}
    return Report(
        site=intent.site,
        institution=intent.institution,
        taken_at=taken_at,
        results=tuple(one for one in results if one.state is not State.NOT_APPLICABLE),
        diagnosis=diagnose(results),
        devices={name: one for name, one in found.items() if name not in services},
        comparison=compared(baseline, found) if baseline is not None else None,
        drawing=draw(intent, results),
        said=said,
        raw=readings(evidence) if evidence is not None else (),
    )


def to_html(report: Report) -> str:
    """Answers the page in the current language; every value is escaped."""
    page = _environment().get_template("report.html.j2")
    return page.render(
        report=report,
        text=text,
        language=language(),
        local=local,
        subject=subject,
        head=css_string(f"{report.institution}  {text('report.title')}  {local(report.taken_at)}"),
    )


def css_string(words: str) -> Markup:
    """Answers words as a string of CSS; each letter is escaped, so that none can end it."""
    return Markup('"' + "".join(f"\\{ord(letter):06x}" for letter in words) + '"')  # noqa: S704


def local(moment: datetime) -> str:
    """Gives a moment by this computer's clock, to the minute."""
    return text("cli.day", day=moment)


def subject(name: str) -> str:
    """Gives what a trait is of: a host's name, or the line's in the current language."""
    return text("checks.segment-line") if name == LINE else devices.shown(name, language())


def _shown(value: object) -> object:
    """Answers a value of the page fit to be shown; what the template itself made stays."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return foreign.line(value, foreign.SENTENCE)
    return value


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES / "papers"),
        undefined=StrictUndefined,
        autoescape=True,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
