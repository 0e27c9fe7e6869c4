"""The pattern table ◎, △, × of 提供条件②（回線・機器構成）: what stands under the ONU decides."""

from __future__ import annotations

from onshi_net.brochure.case import Case
from onshi_net.brochure.data import Pattern, PatternRow, patterns
from onshi_net.model.survey import Found, LineUse


def pattern_row(found: Found, business_phone: bool) -> PatternRow:
    """Answers the row of the pattern table. Raises KeyError for a find without a row."""
    for row in patterns().patterns:
        if row.found is found and row.business_phone in (None, business_phone):
            return row
    raise KeyError(found)


def pattern_of(case: Case) -> Pattern:
    """Answers the pattern: ◎ for a new line, else by what stands under the ONU.

    Open where unknown.
    """
    if case.line_use is LineUse.NEW:
        return Pattern.OK
    if case.found is None:
        return Pattern.OPEN
    return pattern_row(case.found, bool(case.business_phone)).pattern
