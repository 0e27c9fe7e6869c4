"""The session that the pytest plugin opens.

A site of an inventory, with evidence from a file or taken now.
"""

from __future__ import annotations

from pathlib import Path

from onshi_net.checks.session import CheckSession
from onshi_net.errors import Fault, InputError, Place
from onshi_net.evidence import Evidence, collect, load
from onshi_net.i18n import text
from onshi_net.i18n.system import reason as system_reason
from onshi_net.intent import SiteIntent, site_intent
from onshi_net.inventory import Secrets, load_site


def site_session(
    inventory: Path, site: str, evidence: Path | None, only: str | None
) -> CheckSession:
    """Answers the session. Raises InputError for a faulty inventory or evidence file."""
    intent = site_intent(load_site(inventory, site))
    if evidence is not None:
        stored = stored_evidence(evidence, site)
        return CheckSession(intent, lambda: stored, only)
    known_hosts = inventory / "sites" / site / "known_hosts"
    return CheckSession(intent, lambda: _taken(intent, known_hosts), only)


def _taken(intent: SiteIntent, known_hosts: Path) -> Evidence:
    return collect(intent, Secrets.standard(), known_hosts)


def stored_evidence(file: Path, site: str) -> Evidence:
    """Reads evidence of a site.

    Raises InputError for an unreadable file or another site's evidence.
    """
    try:
        evidence = load(file)
    except OSError as error:
        raise InputError([_fault(file, system_reason(error))]) from None
    except ValueError:
        raise InputError([_fault(file, text("checks.not-evidence"))]) from None
    if evidence.site != site:
        raise InputError([_fault(file, text("checks.other-site", site=evidence.site))])
    return evidence


def _fault(file: Path, problem: str) -> Fault:
    return Fault(Place(file), problem)
