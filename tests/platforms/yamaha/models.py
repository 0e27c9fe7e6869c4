"""Models that lack what the real ones have."""

from __future__ import annotations

from onshi_net.model import RouterModel


def without(model: RouterModel, *features: str) -> RouterModel:
    """The same model, of which features that came with a revision are not documented."""
    family = tuple((name, None if name in features else value) for name, value in model.family)
    return model.model_copy(update={"family": family})
