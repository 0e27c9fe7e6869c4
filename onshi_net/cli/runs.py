"""`runs` and `diff`: what is kept of a site's runs, and two of its verifications side by side."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from onshi_net.errors import EXIT_GOOD, EXIT_PLAN_HAS_CHANGES, Fault, InputError, Place
from onshi_net.i18n import text
from onshi_net.intent import site_intent

if TYPE_CHECKING:
    from onshi_net.cli.context import Context
    from onshi_net.evidence import Evidence
    from onshi_net.intent import SiteIntent
    from onshi_net.provision.journal import PastRun


@dataclass(frozen=True, slots=True)
class Row:
    """One run, as a line."""

    name: str
    at: datetime
    """When it was taken or begun."""
    kind: str
    """`verify`, `change` or `trust`."""
    host: str
    """Whose change it was; '' for a verification."""
    result: str

    def to_json(self) -> dict[str, Any]:
        """Gives plain data."""
        return {
            "name": self.name,
            "at": self.at.isoformat(),
            "kind": self.kind,
            "host": self.host,
            "result": self.result,
        }


def runs(context: Context, site: str, *, as_json: bool) -> int:
    """Lists what is kept of the site's runs, the oldest first; 0.

    A verification is judged anew, by the inventory as it is now.
    """
    from onshi_net.evidence.runs import verifications

    intent = site_intent(context.site(site))
    folder = context.runs / site
    found = verifications(folder)
    files = dict.fromkeys((*found.files, *found.ahead))
    kept = context.runs
    rows = [*(_verified(file, intent, kept) for file in files), *_changed(folder, intent)]
    rows.sort(key=lambda row: row.at)
    if as_json:
        context.out.print_json(data={"site": site, "runs": [row.to_json() for row in rows]})
        return EXIT_GOOD
    if not rows:
        context.out.print(text("cli.no-runs", site=site), markup=False)
        return EXIT_GOOD
    for row in rows:
        line = f"{row.at.astimezone():%Y-%m-%d %H:%M}  {row.name}"
        context.out.print(line, markup=False, soft_wrap=True)
        what = text(f"cli.run-{row.kind}", host=row.host)
        context.out.print(f"  {what}: {row.result}", markup=False)
    return EXIT_GOOD


def diff(context: Context, site: str, before: str | None, now: str | None, *, as_json: bool) -> int:
    """Says what two verifications say otherwise; exit code 10 where they do, else 0.

    Without names, of the last two; with one, of that and the last. Raises InputError.
    """
    from onshi_net.checks import judge
    from onshi_net.checks.baseline import Baseline, compared, traits
    from onshi_net.checks.compare import turned
    from onshi_net.checks.offline import stored_evidence

    intent = site_intent(context.site(site))
    one, two = (stored_evidence(file, site) for file in _pair(context, site, before, now))
    turns = turned(judge(one, intent), judge(two, intent))
    accepted = Baseline(site=site, accepted_at=one.taken_at, traits=traits(one, intent))
    beside = compared(accepted, traits(two, intent))
    if as_json:
        context.out.print_json(
            data={
                "site": site,
                "before": one.taken_at.isoformat(),
                "now": two.taken_at.isoformat(),
                "checks": [turn.to_json() for turn in turns],
                "changes": [change.to_json() for change in beside.changes],
            }
        )
    else:
        context.out.print(text("cli.diff-title", before=_moment(one), now=_moment(two)))
        for line in (*map(str, turns), *map(str, beside.changes)):
            context.out.print(f"  {line}", markup=False)
        if not turns and not beside.changes:
            context.out.print(text("cli.diff-same"), markup=False)
    return EXIT_PLAN_HAS_CHANGES if turns or beside.changes else EXIT_GOOD


def _moment(evidence: Evidence) -> str:
    return f"{evidence.taken_at.astimezone():%Y-%m-%d %H:%M}"


def _pair(context: Context, site: str, before: str | None, now: str | None) -> tuple[Path, Path]:
    from onshi_net.evidence.runs import verifications

    files = verifications(context.runs / site).files
    if before is None and len(files) < 2:
        raise _refused(site, text("cli.diff-too-few", count=len(files)))
    first = files[-2] if before is None else _named(files, before)
    return first, files[-1] if now is None else _named(files, now)


def _named(files: tuple[Path, ...], word: str) -> Path:
    """Answers the run whose name begins so."""
    fits = [file for file in files if file.parent.name.startswith(word)]
    if len(fits) != 1:
        raise _refused(word, text("cli.no-such-run" if not fits else "cli.several-runs", word=word))
    return fits[0]


def _refused(item: str, problem: str) -> InputError:
    return InputError([Fault(Place(item=item), problem, text("cli.runs-remedy"))])


def _verified(file: Path, intent: SiteIntent, runs: Path) -> Row:
    from onshi_net.checks.join import judge_joined
    from onshi_net.checks.model import ending, verdict
    from onshi_net.checks.offline import stored_evidence

    name = file.parent.name
    try:
        stored = stored_evidence(file, intent.site)
    except InputError as refused:
        at = datetime.fromtimestamp(file.stat().st_mtime, UTC)
        return Row(name, at, "verify", "", "; ".join(one.problem for one in refused.faults))
    found = judge_joined(stored, intent, runs).results
    return Row(name, stored.taken_at, "verify", "", verdict(found, ending(found)))


def _changed(folder: Path, intent: SiteIntent) -> list[Row]:
    from onshi_net.provision.journal import past_runs

    hosts = [one.access.host for one in intent.windows]
    mine = [(intent.router.host, run) for run in past_runs(folder.parent, intent.site)]
    theirs = [(host, run) for host in hosts for run in past_runs(folder, host)]
    return [_row(host, run) for host, run in (*mine, *theirs) if run.events]


def _row(host: str, run: PastRun) -> Row:
    last = run.events[-1]["event"]
    at = run.events[0].get("at")
    try:
        moment = datetime.fromtimestamp(at if isinstance(at, int | float) else 0, UTC)
    except (OverflowError, ValueError, OSError):  # no time that there is
        moment = datetime.fromtimestamp(0, UTC)
    host = next((one["host"] for one in run.events if isinstance(one.get("host"), str)), host)
    kind = "trust" if run.folder.name.endswith("-trust") else "change"
    return Row(
        run.folder.name,
        moment,
        kind,
        host,
        text(f"cli.run-{last}" if run.finished or last == "stuck" else "cli.run-unfinished"),
    )
