"""A remedy's commands can be typed as they stand: with the site, and the host that it is about."""

from __future__ import annotations

import re

import pytest

from onshi_net.checks.catalogue import cases, result_of
from onshi_net.checks.model import State, Verdict
from onshi_net.i18n import set_language
from onshi_net.intent import site_intent
from onshi_net.inventory import load_site
from tests.lab.clinic import ROOT

COMMAND = re.compile(r"\bonshi(?P<words>(?: [a-z][a-z-]*| --?[\w-]+| [\w.-]+)+)", re.ASCII)


@pytest.fixture(autouse=True)
def english():
    yield
    set_language("en")


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("site", ["demo-clinic", "demo-dental", "demo-pharmacy"])
def test_a_command_names_this_site_and_its_own_host(site, language):
    set_language(language)
    intent = site_intent(load_site(ROOT / "inventory", site))
    seen = 0
    for case in cases(intent):
        verdict = Verdict(State.FAILED, "skipped", {"cause": "-", "id": "-"})
        remedy = result_of(case, verdict, site).remedy
        for found in COMMAND.finditer(remedy):
            seen += 1
            assert site in found["words"].split(), remedy
            if "--only" in remedy:
                assert f"--only {(case.subject or '').partition('@')[0]}" in remedy
    assert seen > 20
