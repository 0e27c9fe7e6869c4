"""Why a receipt PC could not use the share: the remedy names the site and the share's terminal."""

from __future__ import annotations

from dataclasses import replace

import pytest

from onshi_net.facts.pc import Proof
from onshi_net.i18n import set_language
from onshi_net.intent import site_intent
from onshi_net.inventory import load_site
from onshi_net.pcs.proof import PROOF_CAUSES, ProofFailed
from tests.lab.clinic import ROOT


@pytest.fixture(autouse=True)
def english():
    yield
    set_language("en")


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("error", [*PROOF_CAUSES, 4711])
def test_a_remedy_names_the_terminal_whose_share_it_is(error, language):
    set_language(language)
    intent = site_intent(load_site(ROOT / "inventory", "demo-pharmacy"))
    receipt = intent.receipts[0]
    second = replace(receipt.proofs[0], terminal="受付PC2", share="OTHER")
    receipt = replace(receipt, site="もり薬局", proofs=(*receipt.proofs, second))
    failed = ProofFailed(receipt, Proof(share=second.unc, step="open", good=False, code=error))
    assert failed.remedy
    if "onshi provision" in failed.remedy:
        assert "onshi provision もり薬局 --only 受付PC2" in failed.remedy
    assert "terminal-1" not in failed.remedy
