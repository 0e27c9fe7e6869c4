"""What comes with the pack stands in the list of devices, whoever wrote it down."""

from __future__ import annotations

import pytest

from onshi_net.model.survey import DeviceKind
from onshi_net.papers.register import entries
from tests.papers.reading import dossier


@pytest.mark.parametrize(
    ("site", "kinds"),
    [
        ("demo-clinic", {DeviceKind.DISPLAY: 1}),
        ("demo-dental", {DeviceKind.DISPLAY: 1, DeviceKind.SWITCH: 1}),
        ("demo-pharmacy", {DeviceKind.DISPLAY: 3, DeviceKind.SWITCH: 1}),
    ],
)
def test_what_comes_with_the_pack_is_listed_though_nobody_wrote_it_down(site, kinds) -> None:
    found = [one.kind for one in entries(dossier(site))]
    for kind, count in kinds.items():
        assert found.count(kind) == count
