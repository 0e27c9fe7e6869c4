"""A firmware's version is compared by its numbers and shown as it was written."""

from __future__ import annotations

import pytest

from onshi_net.model.firmware import Firmware


def test_versions_compare_by_number_whatever_their_form() -> None:
    rising = ("1.4", "1.10", "8.03.94", "15.02.03", "15.02.31", "15.02.31.1")
    found = [Firmware.parse(one) for one in rising]
    assert sorted(found, reverse=True) == found[::-1]
    assert tuple(map(str, found)) == rising
    assert Firmware.parse("08.03.94") == Firmware.parse("8.03.94")


@pytest.mark.parametrize("written", ["", "Rev.15.02.31", "15.", "15..2", "1.2b", "1.２", "1.2\n"])
def test_anything_else_is_no_version(written: str) -> None:
    with pytest.raises(ValueError, match="not a firmware version"):
        Firmware.parse(written)
