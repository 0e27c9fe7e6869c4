"""The pattern table ◎, △, × of 提供条件②（回線・機器構成）: what stands under the ONU decides."""

from __future__ import annotations

from onshi_net.brochure.case import Case
from onshi_net.brochure.data import Pattern, PatternRow, patterns
from onshi_net.model.survey import Found, LineUse


def pattern_row(found: Found, business_phone: bool | None) -> PatternRow | None:
    """Answers the row of the pattern table; None where it turns on a phone that nobody asked for.

    Raises KeyError for a find without a row.
    """
    rows = [row for row in patterns().patterns if row.found is found]
    if not rows:
        raise KeyError(found)
    answers = {None, business_phone}
    return next((row for row in rows if row.business_phone in answers), None)


def pattern_of(case: Case) -> Pattern:
    """Answers the pattern: ◎ for a new line, else by what stands under the ONU.

    Open where unknown.
    """
    if case.line_use is LineUse.NEW:
        return Pattern.OK
    if case.found is None:
        return Pattern.OPEN
    row = pattern_row(case.found, case.business_phone)
    return Pattern.OPEN if row is None else row.pattern
