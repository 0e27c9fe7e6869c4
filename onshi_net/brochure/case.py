"""A site as the brochure's rules see it: what its files say, complete or not."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field

from onshi_net.model.site import Access, Line
from onshi_net.model.survey import Contract, Found, LineUse, Prerequisites, Survey
from onshi_net.model.text import says_unknown


def _said(words: str | None) -> str | None:
    """Answers words that name something: 不明 written down is as good as nothing."""
    return None if words is None or says_unknown(words) else words


@dataclass(frozen=True, slots=True)
class Case:
    """The facts of one site; None where nobody has said it yet.

    `line` and `access` are the site's own sections, the survey's answers stand beside them.
    `terminals` and `receipt_pcs` count the hosts that are written down, None where there is no host
    list.
    """

    name: str
    code: str | None = None
    line: Line | None = None
    access: Access | None = None
    terminals: int | None = None
    receipt_pcs: int | None = None
    survey: Survey = field(default_factory=Survey)
    prerequisites: Prerequisites = field(default_factory=Prerequisites)
    contract: Contract = field(default_factory=Contract)

    @property
    def line_use(self) -> LineUse | None:
        """Answers whether a line is there or will be ordered.

        A site that names its line uses that one.
        """
        if self.survey.line.use is not None:
            return self.survey.line.use
        return LineUse.EXISTING if self.product is not None else None

    @property
    def product(self) -> str | None:
        """Answers the line's product name."""
        return _said(self.line.product if self.line else self.survey.line.product)

    @property
    def ordered_on(self) -> datetime.date | None:
        """Answers the day of the line's last order."""
        return self.line.ordered_on if self.line else self.survey.line.ordered_on

    @property
    def v6_option(self) -> bool | None:
        """Answers whether the v6 option is contracted."""
        return self.line.v6_option if self.line else self.survey.line.v6_option

    @property
    def found(self) -> Found | None:
        """Answers what stands between ONU and router: the survey's word, else the site's."""
        return self.survey.access.branch or self._site_branch

    @property
    def branch_model(self) -> str | None:
        """Answers the branch device's model."""
        site = self.access.branch.model if self.access else None
        return _said(self.survey.access.branch_model or site)

    @property
    def onu_model(self) -> str | None:
        """Answers the ONU's model."""
        site = self.access.onu_model if self.access else None
        return _said(self.survey.access.onu_model or site)

    @property
    def business_phone(self) -> bool | None:
        """Answers whether a business phone hangs on the ONU, directly or through a hub."""
        survey = self.survey.access.business_phone
        return self._site_phone if survey is None else survey

    @property
    def _site_branch(self) -> Found | None:
        """A site file that leaves the branch device out says nothing about it."""
        if self.access is None or "branch" not in self.access.model_fields_set:
            return None
        return Found(self.access.branch.kind.value)

    @property
    def _site_phone(self) -> bool | None:
        return self.access.business_phone if self.access else None

    def is_surveyed(self, on: datetime.date) -> bool:
        """Answers whether the survey was done by the day `on`."""
        return self.survey.done_on is not None and self.survey.done_on <= on

    @property
    def terminal_count(self) -> int | None:
        """Answers how many terminals there will be."""
        return self.terminals or self.survey.terminals

    @property
    def receipt_count(self) -> int | None:
        """Answers how many receipt PCs there are."""
        return (
            self.survey.receipt.count if self.survey.receipt.count is not None else self.receipt_pcs
        )

    @property
    def disagreements(self) -> tuple[str, ...]:
        """Names the facts on which survey and site differ."""
        pairs = (
            ("branch", self.survey.access.branch, self._site_branch),
            ("business_phone", self.survey.access.business_phone, self._site_phone),
            ("product", self.survey.line.product, self.line and self.line.product),
            ("v6_option", self.survey.line.v6_option, self.line and self.line.v6_option),
            ("terminals", self.survey.terminals, self.terminals),
        )
        return tuple(
            name for name, a, b in pairs if a is not None and b is not None and str(a) != str(b)
        )
