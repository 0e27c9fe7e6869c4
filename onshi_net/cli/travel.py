"""`pack` and `take-in`: a site leaves its inventory in one sealed file, and comes back merged.

Where a pack was opened, `pack` makes the file that goes home; `take-in` opens a pack where no
inventory is, and merges what a visit brought where the site was packed.
"""

from __future__ import annotations

import base64
import binascii
import datetime
import os
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from onshi_net.errors import EXIT_GOOD, EXIT_OPEN, Fault, InputError, Place, SecretMissing
from onshi_net.files import write_private
from onshi_net.i18n import text
from onshi_net.intent.secrets import NEXT
from onshi_net.inventory.document import shown
from onshi_net.inventory.secrets import Secret
from onshi_net.travel.merge import ABSENT, Conflict, Merge, Side
from onshi_net.travel.packing import (
    Home,
    Opened,
    latest_seen,
    new_payload,
    opened_here,
    pack_file,
    record_of,
    remember,
    remembered,
    visit_payload,
)
from onshi_net.travel.parcel import PACK, Parcel, opened, refused, sealed_bytes, written

if TYPE_CHECKING:
    from onshi_net.cli.context import Context
    from onshi_net.inventory.vault import PassphraseSeal
    from onshi_net.travel.bringing import Plan

PASSPHRASE = "ONSHI_PACK_PASSPHRASE"  # noqa: S105 the variable's name
DAYS, MOST_DAYS = 14, 366
"""How long a pack opens where nobody says until when, and at most."""
ALL = "all"
SECRET = "secret:"  # noqa: S105 how the fields of secrets begin


@dataclass(frozen=True, slots=True)
class Decisions:
    """What the command's options say of conflicts and of an unknown laptop."""

    keep: tuple[str, ...] = ()
    take: tuple[str, ...] = ()
    laptop: str | None = None

    def merge(self) -> Merge:
        """Begins a merge by them. Raises InputError for a field that both name."""
        twice = sorted(set(self.keep) & set(self.take))
        if twice:
            problem = text("travel.both", names=text("cli.comma").join(twice))
            raise InputError([Fault(Place(item="--keep"), problem)])
        sides = {
            **dict.fromkeys(self.keep, Side.HOME),
            **dict.fromkeys(self.take, Side.VISIT),
        }
        return Merge(sides, sides.get(ALL))


def pack(context: Context, site: str, out: Path | None, until: str | None) -> int:
    """Writes what a visit needs, or what it brings home where a pack was opened; 0.

    Raises InputError, SecretRefused, OSError; then there is no file.
    """
    mark = opened_here(context.inventory)
    context.is_returning = mark is not None
    inventory = context.site(site)
    at = Home(context.inventory, context.runs, site)
    file = out or Path(f"{site}-{_now():%Y%m%d}.{'visit' if mark else 'pack'}")
    if os.path.lexists(file):
        raise refused(file, "file-there")
    if mark is not None:
        return _pack_visit(context, at, mark, file, until)
    from onshi_net.cli.backup import recipients
    from onshi_net.intent import site_intent
    from onshi_net.travel.laptop import comment_here, learn, own_key, public_of

    last = _last_day(until)
    values, missing = _values(context, site_intent(inventory))
    recipients(context)  # a visit's backups are closed to them
    payload = new_payload(at, last, _now(), values)
    seal = _new_seal(file)
    key = own_key()
    learn(context.inventory, public_of(key), comment_here())
    remember(context.inventory, record_of(payload))
    write_private(file, _sealed(payload, seal))
    told: dict[str, Any] = {
        "file": file,
        "site": site,
        "until": last.isoformat(),
        "count": len(values),
    }
    context.out.print(text("travel.packed", **told), style="green", markup=False, soft_wrap=True)
    if missing:
        names = text("cli.comma").join(missing)
        context.out.print(text("travel.packed-without", names=names), markup=False)
    context.out.print(text("travel.packed-next"), markup=False)
    context.out.print(f"  onshi take-in {file.name}", markup=False, soft_wrap=True)
    return EXIT_GOOD


def _pack_visit(context: Context, at: Home, mark: Opened, file: Path, until: str | None) -> int:
    from onshi_net.intent import site_intent
    from onshi_net.travel.laptop import fingerprint, own_key, public_of

    if until is not None:
        raise InputError([Fault(Place(item="--until"), text("travel.until-at-home"))])
    if at.site != mark.site:
        raise refused(file, "other-site", site=mark.site)
    source = pack_file(context.inventory)
    parcel, seal = _opened(context, source)
    values, _ = _values(context, site_intent(context.site(at.site)))
    payload = visit_payload(at, parcel.payload, _now(), values)
    write_private(file, _sealed(payload, seal))
    told = text("travel.visit-packed", file=file, site=at.site)
    context.out.print(told, style="green", markup=False, soft_wrap=True)
    key = fingerprint(public_of(own_key()))
    context.out.print(text("travel.own-key", key=key), markup=False, soft_wrap=True)
    context.out.print(text("travel.visit-next"), markup=False)
    context.out.print(f"  onshi take-in {file.name}", markup=False, soft_wrap=True)
    return EXIT_GOOD


def take_in(
    context: Context, file: Path, decisions: Decisions, *, dry_run: bool, as_json: bool
) -> int:
    """Opens a pack where no inventory is, else merges what a visit brought; 11: open conflicts.

    Raises InputError, SecretRefused, OSError; then nothing was changed.
    """
    sealed = sealed_bytes(file)
    merge = decisions.merge()
    parcel, seal = _opened(context, file, sealed)
    at = Home(context.inventory, context.runs, parcel.payload.site)
    if parcel.payload.kind == PACK:
        return _open(context, file, sealed, parcel, at, seal)
    record = remembered(context.inventory, parcel.payload.pack)
    if record is None or record.site != parcel.payload.site:
        raise refused(file, "not-packed-here", folder=context.inventory, site=at.site)
    from onshi_net.travel import bringing

    if record.taken is not None and parcel.payload.made_at < record.taken:
        moment = f"{record.taken.astimezone():%Y-%m-%d %H:%M}"
        raise refused(file, "older", moment=moment)
    _require_known(context, file, parcel, decisions)
    if record.taken == parcel.payload.made_at:
        return _told(context, at, bringing.Plan(), dry_run=dry_run, as_json=as_json)
    made = bringing.plan(at, parcel.payload, record, _held(context), merge)
    _require_used(merge)
    if not made.conflicts and not dry_run:
        from onshi_net.travel.laptop import learn

        bringing.carry_out(at, made, context.keep_all)
        learn(context.inventory, parcel.signature.key, at.site)
    return _told(context, at, made, dry_run=dry_run, as_json=as_json)


def _open(
    context: Context, file: Path, sealed: bytes, parcel: Parcel, at: Home, seal: PassphraseSeal
) -> int:
    from onshi_net.travel.laptop import fingerprint, own_key, public_of
    from onshi_net.travel.opening import open_pack

    payload = parcel.payload
    if remembered(context.inventory, payload.pack) is not None:
        raise refused(file, "own-pack", site=payload.site)
    store = context.secrets_file
    if store is None:
        store = context.secrets_file = context.travelled_secrets
        if store.exists():
            raise refused(store, "secrets-there")

    def keep(values: Mapping[str, Secret]) -> None:
        from onshi_net.inventory.vault import PassphraseSeal, store_all

        opens = seal if store == context.travelled_secrets else PassphraseSeal(context.passphrase)
        store_all(store, opens, values)

    open_pack(file, sealed, payload, at, keep)
    told: dict[str, Any] = {
        "site": payload.site,
        "folder": context.inventory,
        "until": payload.until.isoformat(),
    }
    context.out.print(text("travel.opened", **told), style="green", markup=False, soft_wrap=True)
    key = fingerprint(public_of(own_key()))
    context.out.print(text("travel.own-key", key=key), markup=False, soft_wrap=True)
    for sentence, word in (("opened-next", "visit"), ("opened-home", "pack")):
        context.out.print(text(f"travel.{sentence}"), markup=False)
        command = context.command(word, payload.site)
        context.out.print(f"  {command}", markup=False, soft_wrap=True)
    return EXIT_GOOD


def require_unexpired(context: Context) -> None:
    """Raises InputError where a pack was opened here and its last day is over."""
    from onshi_net.travel.opening import require_time

    mark = opened_here(context.inventory)
    if mark is None:
        return
    seen = latest_seen(Home(context.inventory, context.runs, mark.site), mark)
    require_time(pack_file(context.inventory), mark, _now(), seen)


# -- passphrases, secrets, keys ------------------------------------------------------------------


def _now() -> datetime.datetime:
    return datetime.datetime.now().astimezone()


def _last_day(until: str | None) -> datetime.date:
    """Answers the last day of a new pack. Raises InputError for none, one that is over, too far."""
    today = _now().date()
    if until is None:
        return today + datetime.timedelta(days=DAYS)
    try:
        day = datetime.date.fromisoformat(until)
    except ValueError:
        problem = text("inventory.not-date", value=shown(until))
        raise InputError([Fault(Place(item="--until"), problem)]) from None
    if not today <= day <= today + datetime.timedelta(days=MOST_DAYS):
        problem = text("travel.bad-until", days=MOST_DAYS)
        raise InputError([Fault(Place(item="--until"), problem)])
    return day


def _values(context: Context, intent: Any) -> tuple[dict[str, Secret], list[str]]:
    """Answers the site's secrets that are there, and the references of needed ones that aren't."""
    from onshi_net.intent.secrets import Chosen, secret_uses

    found: dict[str, Secret] = {}
    missing: list[str] = []
    for use in secret_uses(intent):
        try:
            found[use.reference] = context.secrets.resolve(use.reference)
        except SecretMissing as error:
            if error.message != "errors.secret-missing":
                raise
            if use.chosen in {Chosen.OURS, Chosen.GIVEN}:
                missing.append(use.reference)
    held = _held(context)  # an unfinished rotation: a device may have the next one already
    for reference in [f"{name}{NEXT}" for name in found]:
        if value := held(reference):
            found[reference] = Secret(value)
    return found, missing


def _held(context: Context) -> Any:
    def ask(reference: str) -> str | None:
        for backend in context.backends.values():
            if value := backend(reference):
                return value
        return None

    return ask


def _new_seal(file: Path) -> PassphraseSeal:
    from onshi_net.cli.asking import ask_passphrase
    from onshi_net.inventory.vault import PassphraseSeal

    if given := os.environ.get(PASSPHRASE):
        return PassphraseSeal(Secret(given))
    return PassphraseSeal(ask_passphrase(text("travel.ask-new", file=file), twice=True))


def _opened(
    context: Context, file: Path, sealed: bytes | None = None
) -> tuple[Parcel, PassphraseSeal]:
    """Opens a parcel with the passphrase that is given, else asked for. Raises InputError."""
    from onshi_net.cli.asking import ask_passphrase
    from onshi_net.inventory.vault import PassphraseSeal

    sealed = sealed_bytes(file) if sealed is None else sealed
    given = os.environ.get(PASSPHRASE)
    if given:
        seal = PassphraseSeal(Secret(given))
    elif context.is_returning and context.secrets_file == context.travelled_secrets:
        seal = PassphraseSeal(context.passphrase)
    else:
        seal = PassphraseSeal(ask_passphrase(text("travel.ask", file=file)))
    return opened(file, sealed, seal), seal


def _sealed(payload: Any, seal: PassphraseSeal) -> bytes:
    from onshi_net.travel.laptop import own_key, signed

    key = own_key()
    return written(payload, lambda body: signed(key, body), seal)


def _require_known(context: Context, file: Path, parcel: Parcel, decisions: Decisions) -> None:
    """Raises InputError for a laptop that the inventory doesn't know and nobody vouches for."""
    from onshi_net.cli.asking import ask_yes, has_terminal
    from onshi_net.travel.laptop import known_laptops

    if parcel.signature.key in known_laptops(context.inventory):
        return
    key = parcel.signature.fingerprint
    if decisions.laptop is not None and decisions.laptop.strip() == key:
        return
    remedy = text("travel.ask-laptop.remedy", file=file, key=key)
    asks = decisions.laptop is None and has_terminal()
    if asks and ask_yes(text("travel.ask-laptop", key=key), remedy):
        return
    raise refused(file, "unknown-laptop", key=key)


def _require_used(merge: Merge) -> None:
    """Raises InputError for a decision about a field that is no conflict."""
    known = {one.field for one in merge.conflicts} | merge.used | {ALL}
    strange = [name for name in merge.decided if name not in known]
    if not strange:
        return
    faults = []
    for name in strange:
        item = "--keep" if merge.decided[name] is Side.HOME else "--take"
        faults.append(Fault(Place(item=item), text("travel.no-conflict", field=shown(name))))
    raise InputError(faults)


# -- what is told --------------------------------------------------------------------------------


def _told(context: Context, at: Home, made: Plan, *, dry_run: bool, as_json: bool) -> int:
    code = EXIT_OPEN if made.conflicts else EXIT_GOOD
    if as_json:
        context.out.print_json(data=_json(at, made, dry_run=dry_run))
        return code
    out = context.out
    for one in made.taken:
        before, now = (_value(one.field, value) for value in (one.before, one.now))
        known = "taken-secret" if one.field.startswith(SECRET) else "taken"
        line = text(f"travel.{known}", field=one.field, before=before, now=now)
        out.print(line, markup=False, soft_wrap=True)
    for name in made.runs:
        out.print(text("travel.run", name=name), markup=False, soft_wrap=True)
    for name in made.shared:
        out.print(text("travel.shared", name=name), style="yellow", markup=False)
    for conflict in made.conflicts:
        _tell_conflict(context, conflict)
    if made.conflicts:
        first = made.conflicts[0].field
        said = text("travel.conflicts", count=len(made.conflicts), field=first)
        out.print(said, style="yellow", markup=False, soft_wrap=True)
    elif not made.taken and not made.runs and not made.secrets:
        out.print(text("travel.nothing", site=at.site), markup=False)
    else:
        done = "travel.would" if dry_run else "travel.done"
        out.print(text(done, site=at.site), style="green", markup=False)
    return code


def _tell_conflict(context: Context, one: Conflict) -> None:
    out = context.out
    line = text("travel.conflict", field=one.field)
    out.print(line, style="yellow", markup=False, soft_wrap=True)
    for name, value in (("base", one.base), ("home", one.home), ("visit", one.visit)):
        said = text(f"travel.value-{name}", value=_value(one.field, value))
        out.print(f"    {said}", markup=False, soft_wrap=True)


def _value(field: str, value: Any) -> str:
    """Answers a field's value for people; of a secret only whether there is one."""
    if value is ABSENT:
        return text("travel.absent")
    if field.startswith(SECRET):
        return text("travel.hidden")
    if isinstance(value, str) and ("/" in field or ":" not in field):
        return text("travel.content")
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return text("cli.comma").join(map(_line, value))
    return shown(str(value))


def _line(line: str) -> str:
    """Answers a line of trust by its key's kind and fingerprint."""
    from onshi_net.transport.hostkeys import fingerprint

    words = line.split()
    for kind, word in pairwise(words):
        try:
            return f"{kind} {fingerprint(base64.b64decode(word, validate=True))}"
        except (binascii.Error, ValueError):
            continue
    return shown(line)


def _json(at: Home, made: Plan, *, dry_run: bool) -> dict[str, Any]:
    return {
        "site": at.site,
        "written": not made.conflicts and not dry_run,
        "taken": [
            {
                "field": one.field,
                "before": _value(one.field, one.before),
                "now": _value(one.field, one.now),
            }
            for one in made.taken
        ],
        "runs": made.runs,
        "shared": made.shared,
        "conflicts": [
            {
                "field": one.field,
                "base": _value(one.field, one.base),
                "home": _value(one.field, one.home),
                "visit": _value(one.field, one.visit),
            }
            for one in made.conflicts
        ],
    }
