"""The table of Windows releases, held to the table of systems that the papers use."""

from __future__ import annotations

from datetime import date

import pytest

from onshi_net.brochure.data import systems_support
from onshi_net.model.releases import release_of, releases


@pytest.mark.parametrize(
    ("edition", "build", "last"),
    [
        ("EnterpriseS", 19044, date(2027, 1, 12)),
        ("ioTenterpriseS", 19044, date(2032, 1, 13)),
        ("Professional", 19045, date(2025, 10, 14)),
        ("EnterpriseS", 26100, date(2029, 10, 9)),
    ],
)
def test_a_release_ends_on_its_day(edition: str, build: int, last: date) -> None:
    found = release_of(edition, build)
    assert found is not None
    assert found.last == last


def test_what_is_not_in_the_table_is_not_known() -> None:
    assert release_of("Professional", 30000) is None
    assert release_of("", 19044) is None


def test_both_tables_name_the_same_days() -> None:
    """One is asked with what a PC answers, the other with what people write."""
    days = {one.name: one.last for one in systems_support().systems}
    common = {one.name: one.last for one in releases().values() if one.name in days}
    assert len(common) >= 6
    assert common == {name: days[name] for name in common}
