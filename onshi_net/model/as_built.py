"""What a person noted when the work was done: places, good lamps, cables, the card reader.

Everything is optional, as in `onshi_net.model.survey`: what nobody noted is open. Lamps are facts
of the site, no general table: they are noted and photographed while all is good.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from onshi_net.model.survey import Facts, Metres, Phone
from onshi_net.model.text import Token, one_clean_line

OTHERS = ("onu", "branch", "extra-hub", "clinic", "gateway", "card-reader")
"""Names of what stands at a site and is no host of its hosts.yaml."""


Short = Annotated[str, Field(min_length=1, max_length=30), AfterValidator(one_clean_line)]
"""One line for people that has room in a cell of the page on the wall."""


class CableNote(Facts):
    """The cable that leads to a device, seen from the line."""

    metres: Metres | None = None
    colour: Short | None = None


class CardReader(Facts):
    """The card reader, which is the institution's own."""

    model: Short | None = None
    phone: Phone | None = None
    """Its maker's desk."""
    before_terminal: bool | None = None
    """It is switched on before the terminal; the maker's sheet says so of some models."""


class AsBuilt(Facts):
    """What was noted, by the names of hosts.yaml and `OTHERS`."""

    places: dict[Token, Short] = Field(default_factory=dict)
    lamps: dict[Token, Short] = Field(default_factory=dict)
    """Which lamps are lit, in which colour, while all is good: 認証・光回線・電源が緑点灯."""
    cables: dict[Token, CableNote] = Field(default_factory=dict)
    card_reader: CardReader = CardReader()
    support_phone: Phone | None = None
    """The support desk's number, which the brochure does not print."""
    line_phone: Phone | None = None
    """The line's fault desk: NTT West's or the carrier's."""
    vendor_phone: Phone | None = None
    maintenance_number: Short | None = None
    """The number of the maintenance contract (保守契約番号)."""
