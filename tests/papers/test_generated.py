"""Every paper of sites that nobody wrote: all that it must hold, nothing that it must not."""

from __future__ import annotations

from pathlib import Path

import pytest

from onshi_net.i18n import LANGUAGES, set_language
from onshi_net.papers import KINDS, load_dossier
from onshi_net.papers.figure import figure_of
from onshi_net.papers.wiring import plan_of
from tests.budget import drawn
from tests.lab.sites.compose import generate
from tests.lab.sites.dimensions import Dimension
from tests.lab.sites.write import write
from tests.papers.reading import text_of
from tests.papers.test_every_paper import internal
from tests.papers.test_wiring import inside

ALL = frozenset(Dimension)


@pytest.mark.parametrize("seed", drawn("papers", range(2000)))
def test_every_paper_of_any_site(seed: int, tmp_path: Path) -> None:
    site = generate(seed, ALL)
    of = load_dossier(write(site, tmp_path), site.belief.name)
    plan = plan_of(of)
    inside(figure_of(plan))
    references = {
        f"{getattr(host, name)}"
        for host in of.hosts
        for name in ("secret", "admin_secret", "initial_secret", "unnamed_secret")
        if getattr(host, name, None)
    }
    addresses = [f"{host.hostname}" for host in (*of.terminals, *of.receipt_pcs)]
    for language in LANGUAGES:
        set_language(language)
        for kind in KINDS:
            words = text_of(kind, of)
            assert " ".join(of.institution.name.split()) in words
            assert internal(words.replace(" ".join(of.institution.name.split()), "")) == []
            assert not [one for one in references if one in words]
            if kind in ("drawing", "manual", "handover"):
                wanted = addresses if kind != "handover" else addresses[len(of.terminals) :]
                assert all(one in words for one in wanted)
