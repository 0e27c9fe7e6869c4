"""The words of a key's line tell what was bound, whatever the inventory says."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from onshi_net.transport.bond import Bond, By, bond_of

TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@given(TEXT, TEXT)
def test_what_is_written_is_read(mac: str, serial: str) -> None:
    bond = Bond.now(By.PERSON, mac, serial)
    line = " ".join(("somebody's", "comment", *bond.words))
    assert bond_of(line.split()) == bond
    assert line.isascii()


def test_a_journal_is_told_whose_the_serial_number_is() -> None:
    told = Bond.now(By.YES, "00:a0:de:00:00:01", "S5X000001").told()
    assert told["sheet_serial"] == "S5X000001"
    assert "serial" not in told


def test_a_subject_says_nothing_of_the_bond() -> None:
    assert bond_of(["onshi:by=yes", "CN=PC", "onshi:by=person"]).by == "yes"
