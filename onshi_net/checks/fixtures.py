"""The fixtures that checks and a user's own tests use; registered with a site's session only."""

from __future__ import annotations

import pytest

from onshi_net.checks.session import SESSION
from onshi_net.facts.types import Evidence
from onshi_net.intent import SiteIntent


@pytest.fixture(scope="session")
def evidence(request: pytest.FixtureRequest) -> Evidence:
    """Gives everything measured at the site, collected or loaded once."""
    return request.config.stash[SESSION].evidence()


@pytest.fixture(scope="session")
def intent(request: pytest.FixtureRequest) -> SiteIntent:
    """Gives what must be true at the site."""
    return request.config.stash[SESSION].intent
