"""The hier-config driver for Yamaha routers: single-valued commands, `no` forms, sections."""

from __future__ import annotations

from hier_config import HConfigChild, MatchRule
from hier_config.models import IdempotentCommandsRule, SectionalExitingRule
from hier_config.platforms.driver_base import HConfigDriverBase, HConfigDriverRules

from onshi_net.provision.rules import SINGLE_VALUED, negation

_SECTIONS = ("pp", "tunnel")


class YamahaDriver(HConfigDriverBase):
    """Rules of `rules` as hier-config wants them."""

    @staticmethod
    def _instantiate_rules() -> HConfigDriverRules:
        outside = [
            IdempotentCommandsRule(match_rules=(MatchRule(re_search=f"^(?:{rule})(?= |$)"),))
            for rule in SINGLE_VALUED
        ]
        inside = [
            IdempotentCommandsRule(
                match_rules=(
                    MatchRule(startswith=f"{kind} select "),
                    MatchRule(re_search=f"^(?:{rule})(?= |$)"),
                )
            )
            for kind in _SECTIONS
            for rule in SINGLE_VALUED
        ]
        exits = [
            SectionalExitingRule(
                match_rules=(MatchRule(startswith=f"{kind} select "),),
                exit_text=f"{kind} select none",
            )
            for kind in _SECTIONS
        ]
        return HConfigDriverRules(
            idempotent_commands=outside + inside, sectional_exiting=exits, indentation=1
        )

    def swap_negation(self, child: HConfigChild) -> HConfigChild:
        """Negates a line with as little as identifies it."""
        child.text = negation(child.text)
        return child
