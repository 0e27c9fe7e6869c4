"""Every command with its options; each body calls one function of a subject's file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from onshi_net.cli import completion
from onshi_net.cli.context import LEVELS, Context
from onshi_net.cli.frame import App
from onshi_net.i18n import text
from onshi_net.model.names import spelt

Site = Annotated[
    str,
    typer.Argument(
        metavar="SITE", help=text("cli.help-site"), parser=spelt, autocompletion=completion.sites
    ),
]
MaybeSite = Annotated[
    str | None, typer.Argument(metavar="SITE", parser=spelt, autocompletion=completion.sites)
]
Everything = Annotated[bool, typer.Option("--all", help=text("cli.help-all"))]
Json = Annotated[bool, typer.Option("--json", help=text("cli.help-json"))]
On = Annotated[str | None, typer.Option("--on", metavar="DATE", help=text("cli.help-on"))]
Only = Annotated[
    str | None,
    typer.Option(
        "--only", metavar="HOST", help=text("cli.help-only"), autocompletion=completion.hosts
    ),
]
WithoutRaw = Annotated[bool, typer.Option("--without-raw", help=text("rights.help-without-raw"))]
Sheets = Annotated[
    list[str] | None, typer.Option("--sheet", metavar="NAME", help=text("cli.help-sheet"))
]

StickOut = Annotated[
    Path | None, typer.Option("--out", metavar="FILE", help=text("cli.help-stick-out"))
]

Fingerprint = Annotated[
    str | None,
    typer.Option("--fingerprint", metavar="SHA256:…", help=text("cli.help-fingerprint")),
]


def _say_version(asked: bool) -> None:
    """Prints the version of the installed package, and ends."""
    if asked:
        from importlib.metadata import version

        typer.echo(f"onshi {version('onshi_net')}")
        raise typer.Exit


def _say_completion(shell: str | None) -> None:
    """Prints what makes a shell complete, and ends."""
    if shell is None:
        return
    if shell not in completion.SHELLS:
        problem = text("start.no-such-shell", shell=shell, shells=", ".join(completion.SHELLS))
        raise typer.BadParameter(problem, param_hint="--completion")
    typer.echo(completion.script(shell))
    raise typer.Exit


def _globals(
    context: typer.Context,
    inventory: Annotated[
        Path,
        typer.Option(
            "--inventory",
            metavar="DIR",
            help=text("start.help-inventory"),
            envvar="ONSHI_INVENTORY",
            show_envvar=False,
        ),
    ] = Path("inventory"),
    lang: Annotated[
        str | None, typer.Option("--lang", metavar="ja|en", help=text("cli.help-lang"))
    ] = None,
    secrets: Annotated[
        Path | None,
        typer.Option(
            "--secrets",
            metavar="FILE",
            help=text("start.help-secrets"),
            envvar="ONSHI_SECRETS",
            show_envvar=False,
        ),
    ] = None,
    log_level: Annotated[
        str, typer.Option("--log-level", metavar="LEVEL", help=text("cli.help-log-level"))
    ] = "warning",
    shell: Annotated[  # noqa: ARG001 - its callback ends the command
        str | None,
        typer.Option(
            "--completion",
            metavar="SHELL",
            callback=_say_completion,
            is_eager=True,
            help=text("start.help-completion"),
        ),
    ] = None,
    version: Annotated[  # noqa: ARG001 - its callback ends the command
        bool,
        typer.Option(
            "--version", callback=_say_version, is_eager=True, help=text("cli.help-version")
        ),
    ] = False,
) -> None:
    """Keeps the options that every command shares."""
    if lang not in {None, "ja", "en"}:
        raise typer.BadParameter(text("cli.bad-lang", value=lang), param_hint="--lang")
    if log_level not in LEVELS:
        words = ", ".join(LEVELS)
        problem = text("cli.bad-log-level", value=log_level, words=words)
        raise typer.BadParameter(problem, param_hint="--log-level")
    context.obj = Context(inventory, secrets, log_level)
    context.obj.finish_take_in()


def build() -> typer.Typer:
    """Builds the application in the current language."""
    app = App(
        help=text("cli.help"),
        epilog=text("visit.help-epilog"),
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    from onshi_net.cli import app_start, app_travel

    completion.settle()
    app.callback()(_globals)
    app_start.add_to(app)
    app.command("visit", help=text("visit.help"))(_visit)
    app.command("render", help=text("cli.help-render"))(_render)
    app.command("plan", help=text("cli.help-plan"))(_plan)
    app.command("provision", help=text("cli.help-provision"))(_provision)
    app.command("verify", help=text("cli.help-verify"))(_verify)
    app.command("trust", help=text("cli.help-trust"))(_trust)
    app.command("report", help=text("cli.help-report"))(_report)
    app.command("checks", help=text("cli.help-checks"))(_checks)
    app.command("runs", help=text("cli.help-runs"))(_runs)
    app.command("diff", help=text("cli.help-diff"))(_diff)
    app.command("intake", help=text("cli.help-intake"))(_intake)
    app.command("assess", help=text("cli.help-assess"))(_assess)
    app.command("ready", help=text("cli.help-ready"))(_ready)
    app.command("estimate", help=text("cli.help-estimate"))(_estimate)
    app.command("work", help=text("cli.help-work"))(_work)
    app.command("paper", help=text("cli.help-paper"))(_paper)
    app.command("maintenance", help=text("cli.help-maintenance"))(_maintenance)
    app.command("migrate", help=text("migrate.help"))(_migrate)
    app_travel.add_to(app)
    secret = App(help=text("cli.help-secret"), no_args_is_help=True)
    secret.command("set", help=text("cli.help-secret-set"))(_secret_set)
    app_start.add_secrets_to(secret)
    app.add_typer(secret, name="secret")
    winrm = App(help=text("cli.help-winrm"), no_args_is_help=True)
    winrm.command("prepare", help=text("cli.help-winrm-prepare"))(_winrm_prepare)
    winrm.command("restore", help=text("cli.help-winrm-restore"))(_winrm_restore)
    app.add_typer(winrm, name="winrm")
    return app


def _visit(
    context: typer.Context,
    site: Site,
    after: Annotated[
        str | None, typer.Option("--after", metavar="WHAT", help=text("visit.help-after"))
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help=text("cli.help-yes"))] = False,
    force: Annotated[
        str | None, typer.Option("--force", metavar="REASON", help=text("cli.help-force"))
    ] = None,
    wait: Annotated[
        float | None,
        typer.Option("--wait", metavar="SECONDS", min=0, help=text("visit.help-wait")),
    ] = None,
    without_raw: WithoutRaw = False,
) -> int:
    context.obj.without_raw = without_raw
    from onshi_net.cli.visit import Wishes, visit

    return visit(context.obj, site, Wishes(after, yes, force, wait))


def _render(
    context: typer.Context,
    site: Site,
    host: Annotated[
        str,
        typer.Option(
            "--host", metavar="HOST", help=text("cli.help-host"), autocompletion=completion.hosts
        ),
    ] = "router",
    json: Json = False,
) -> int:
    from onshi_net.cli.render import render

    return render(context.obj, site, host, as_json=json)


def _plan(context: typer.Context, site: Site, only: Only = None, json: Json = False) -> int:
    from onshi_net.cli.provision import plan

    return plan(context.obj, site, only, as_json=json)


def _provision(
    context: typer.Context,
    site: Site,
    only: Only = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help=text("cli.help-yes"))] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help=text("cli.help-dry-run"))] = False,
    guard: Annotated[
        int,
        typer.Option("--guard", metavar="SECONDS", min=5, max=3600, help=text("cli.help-guard")),
    ] = 300,
    force: Annotated[
        str | None, typer.Option("--force", metavar="REASON", help=text("cli.help-force"))
    ] = None,
    replace_config: Annotated[
        str | None,
        typer.Option(
            "--replace-config",
            metavar="HOST",
            help=text("cli.help-replace-config"),
            autocompletion=completion.hosts,
        ),
    ] = None,
    without_guard: Annotated[
        str | None,
        typer.Option("--without-guard", metavar="REASON", help=text("cli.help-without-guard")),
    ] = None,
    exchanged: Annotated[
        str | None,
        typer.Option(
            "--exchanged",
            metavar="HOST",
            help=text("cli.help-exchanged"),
            autocompletion=completion.hosts,
        ),
    ] = None,
    serial: Annotated[
        str | None, typer.Option("--serial", metavar="NUMBER", help=text("cli.help-serial"))
    ] = None,
    fingerprint: Fingerprint = None,
    json: Json = False,
) -> int:
    from onshi_net.cli.provision import provision

    return provision(
        context.obj,
        site,
        only,
        yes=yes,
        dry_run=dry_run,
        fingerprint=fingerprint,
        guard_s=guard,
        force=force,
        replace_config=replace_config,
        without_guard=without_guard,
        exchanged=exchanged,
        serial=serial,
        as_json=json,
    )


def _trust(
    context: typer.Context,
    site: Site,
    host: Annotated[
        str,
        typer.Argument(
            metavar="HOST", help=text("cli.help-trust-host"), autocompletion=completion.hosts
        ),
    ],
    fingerprint: Fingerprint = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help=text("cli.help-trust-yes"))] = False,
    forget: Annotated[bool, typer.Option("--forget", help=text("cli.help-forget"))] = False,
    json: Json = False,
) -> int:
    from onshi_net.cli.trust import How, trust

    how = How(yes, fingerprint)
    return trust(context.obj, site, host, how, forget=forget, as_json=json)


def _verify(
    context: typer.Context,
    site: Site,
    only: Only = None,
    json: Json = False,
    junit: Annotated[
        Path | None, typer.Option("--junit", metavar="FILE", help=text("cli.help-junit"))
    ] = None,
    accept: Annotated[bool, typer.Option("--accept", help=text("cli.help-accept"))] = False,
    without_raw: WithoutRaw = False,
    touch_nothing: Annotated[
        bool, typer.Option("--touch-nothing", help=text("cli.help-touch-nothing"))
    ] = False,
    after: Annotated[
        str | None, typer.Option("--after", metavar="WHAT", help=text("cli.help-after"))
    ] = None,
    watch: Annotated[bool, typer.Option("--watch", help=text("cli.help-watch"))] = False,
) -> int:
    context.obj.without_raw = without_raw
    from onshi_net.cli.verify import verify

    return verify(
        context.obj,
        site,
        only,
        junit,
        accept=accept,
        as_json=json,
        touch=not touch_nothing,
        after=after,
        watch=watch,
    )


def _report(
    context: typer.Context,
    site: Site,
    evidence: Annotated[
        Path | None, typer.Option("--evidence", metavar="FILE", help=text("cli.help-evidence"))
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help=text("cli.help-report-out"))
    ] = None,
    backup: Annotated[bool, typer.Option("--backup", help=text("cli.help-backup"))] = False,
    file: Annotated[Path | None, typer.Argument(metavar="FILE")] = None,
) -> int:
    if backup:
        from onshi_net.cli.backup import show

        return show(context.obj, site, file, out)
    if file is not None:
        raise typer.BadParameter(text("cli.file-without-backup"), param_hint="FILE")
    from onshi_net.cli.report import report

    return report(context.obj, site, evidence, out)


def _checks(
    context: typer.Context,
    segment: Annotated[
        str | None,
        typer.Option(
            "--segment",
            metavar="SEGMENT",
            help=text("cli.help-segment"),
            autocompletion=completion.segments,
        ),
    ] = None,
    json: Json = False,
) -> int:
    from onshi_net.cli.checks import checks

    return checks(context.obj, segment, as_json=json)


def _runs(context: typer.Context, site: Site, json: Json = False) -> int:
    from onshi_net.cli.runs import runs

    return runs(context.obj, site, as_json=json)


def _diff(
    context: typer.Context,
    site: Site,
    before: Annotated[
        str | None, typer.Argument(metavar="A", help=text("cli.help-diff-run"))
    ] = None,
    now: Annotated[str | None, typer.Argument(metavar="B", help=text("cli.help-diff-run"))] = None,
    json: Json = False,
) -> int:
    from onshi_net.cli.runs import diff

    return diff(context.obj, site, before, now, as_json=json)


def _secret_set(
    context: typer.Context,
    reference: Annotated[str, typer.Argument(metavar="REFERENCE")],
    source: Annotated[
        Path | None, typer.Option("--from", metavar="FILE", help=text("cli.help-secret-from"))
    ] = None,
) -> int:
    from onshi_net.cli.secret import store

    return store(context.obj, reference, source)


def _intake(
    context: typer.Context,
    workbook: Annotated[Path | None, typer.Argument(metavar="WORKBOOK.xlsx")] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help=text("cli.help-out"))
    ] = None,
    sheet: Sheets = None,
    update: Annotated[bool, typer.Option("--update", help=text("cli.help-update"))] = False,
    template: Annotated[
        Path | None, typer.Option("--template", metavar="FILE", help=text("cli.help-template"))
    ] = None,
    json: Json = False,
) -> int:
    from onshi_net.cli import office

    if template is not None:
        return office.template(context.obj, template)
    return office.take_in(context.obj, workbook, out, sheet or (), update=update, as_json=json)


def _assess(context: typer.Context, site: Site, on: On = None, json: Json = False) -> int:
    from onshi_net.cli import office

    return office.assess(context.obj, site, on, as_json=json)


def _ready(
    context: typer.Context,
    site: Site,
    on: On = None,
    time: Annotated[
        str | None, typer.Option("--time", metavar="HH:MM", help=text("cli.help-time"))
    ] = None,
    cancel_now: Annotated[
        bool, typer.Option("--cancel-now", help=text("cli.help-cancel-now"))
    ] = False,
    json: Json = False,
) -> int:
    from onshi_net.cli import office

    if cancel_now:
        return office.cancel(context.obj, site, on, time, as_json=json)
    return office.ready(context.obj, site, on, time, as_json=json)


def _estimate(context: typer.Context, site: Site, on: On = None, json: Json = False) -> int:
    from onshi_net.cli import office

    return office.estimate(context.obj, site, on, as_json=json)


def _work(context: typer.Context, site: Site, on: On = None, json: Json = False) -> int:
    from onshi_net.cli.work import work

    return work(context.obj, site, on, as_json=json)


def _paper(
    context: typer.Context,
    site: Site,
    kind: Annotated[str, typer.Argument(metavar="PAPER", help=text("cli.help-paper-kind"))],
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help=text("cli.help-paper-out"))
    ] = None,
    on: On = None,
    edition: Annotated[
        int,
        typer.Option("--edition", metavar="N", min=1, max=999, help=text("cli.help-edition")),
    ] = 1,
    visit: Annotated[
        str | None, typer.Option("--visit", metavar="DATE", help=text("cli.help-visit"))
    ] = None,
    time: Annotated[
        str | None, typer.Option("--time", metavar="HH:MM", help=text("cli.help-time"))
    ] = None,
    photos: Annotated[
        Path | None, typer.Option("--photos", metavar="DIR", help=text("cli.help-photos"))
    ] = None,
) -> int:
    from onshi_net.cli.paper import Asked, paper

    return paper(context.obj, site, kind, out, Asked(on, edition, visit, time, photos))


def _maintenance(
    context: typer.Context,
    site: MaybeSite = None,
    everything: Everything = False,
    within: Annotated[
        int | None, typer.Option("--within", metavar="DAYS", min=0, help=text("cli.help-within"))
    ] = None,
    resets: Annotated[
        str | None,
        typer.Option(
            "--resets",
            metavar="HOST",
            help=text("cli.help-resets"),
            autocompletion=completion.hosts,
        ),
    ] = None,
    on: On = None,
    json: Json = False,
) -> int:
    from onshi_net.cli import office

    if resets is not None:
        return office.resets(context.obj, None if everything else site, resets, on, as_json=json)
    return office.maintenance(context.obj, site, on, within, everything=everything, as_json=json)


def _migrate(
    context: typer.Context,
    site: MaybeSite = None,
    everything: Everything = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help=text("migrate.help-yes"))] = False,
    json: Json = False,
) -> int:
    from onshi_net.cli.migrate import migrate

    return migrate(context.obj, site, everything=everything, yes=yes, as_json=json)


def _winrm_prepare(context: typer.Context, site: Site, out: StickOut = None) -> int:
    from onshi_net.cli.winrm import prepare

    return prepare(context.obj, site, out)


def _winrm_restore(
    context: typer.Context, site: Site, only: Only = None, out: StickOut = None
) -> int:
    from onshi_net.cli.winrm import restore

    return restore(context.obj, site, only, out)
