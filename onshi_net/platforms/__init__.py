"""Router families, a room each: what is said to a router of the family, what its answers mean.

The rest knows `Platform` and `platform(name)` of `base`, and the `Device` of `change`, never a
family's own modules. How one is added: docs/add-a-platform.md.
"""

from onshi_net.platforms.base import Identity, Platform, RouterSession, masked, platform

__all__ = ["Identity", "Platform", "RouterSession", "masked", "platform"]
