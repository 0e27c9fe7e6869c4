"""The pytest plugin: `pytest --onshi-site SITE` runs the checks.

Without the option it does nothing.

    pytest --onshi-site demo-clinic                                  the site's checks
    pytest --onshi-site demo-clinic --onshi-evidence evidence.json   the same, offline
    pytest --onshi-site demo-clinic my_tests.py   own tests, with the fixtures

This module imports pytest only, so that unrelated test runs are not slowed.
"""

from __future__ import annotations

from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds the options."""
    group = parser.getgroup("onshi", "onshi_net: verification of a site")
    group.addoption("--onshi-site", metavar="SITE", help="run the checks of this site")
    group.addoption("--onshi-inventory", metavar="DIR", default="inventory", type=Path)
    group.addoption("--onshi-evidence", metavar="FILE", type=Path, help="judge stored evidence")
    group.addoption("--onshi-only", metavar="WHAT", help="a check's id, a segment or a host")


def pytest_configure(config: pytest.Config) -> None:
    """Brings the session of a site, where one is named."""
    site = config.getoption("--onshi-site", default=None)
    if site is None:
        return
    from onshi_net.checks.offline import site_session
    from onshi_net.errors import OnshiError

    inventory, evidence = (
        config.getoption("--onshi-inventory"),
        config.getoption("--onshi-evidence"),
    )
    only = config.getoption("--onshi-only")
    try:
        session = site_session(inventory, site, evidence, only)
    except OnshiError as error:
        raise pytest.UsageError(str(error)) from None
    config.pluginmanager.register(session, "onshi-checks")
    if config.args_source is not pytest.Config.ArgsSource.ARGS:
        from onshi_net.checks.catalogue import FILES
        from onshi_net.checks.others import module_files

        config.args[:] = [str(file) for file in (*FILES, *module_files())]
