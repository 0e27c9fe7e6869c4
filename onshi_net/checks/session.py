"""The pytest session of the checks: fixtures, order, skipping by need.

Only with `--onshi-site`.

Each check is evaluated in its setup phase, so that 'could not be measured' is pytest's *error* and
'a need failed' is pytest's *skipped*, in every report that pytest writes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from onshi_net.checks.catalogue import (
    ATTRIBUTE,
    case_of,
    cases,
    judged,
)
from onshi_net.checks.model import Case, Check, CheckResult, State
from onshi_net.facts.types import Evidence
from onshi_net.intent import SiteIntent

_CASE = pytest.StashKey[Case]()
_RESULT = pytest.StashKey[CheckResult]()


class CouldNotMeasure(Exception):
    """Raised in a check's setup, where pytest reports it as an error with this text."""

    __tracebackhide__ = True


class CheckSession:
    """A pytest plugin object: evidence and intent of one site."""

    def __init__(
        self, intent: SiteIntent, evidence: Callable[[], Evidence], only: str | None = None
    ) -> None:
        """Takes what is judged; evidence is asked for once, when the first check needs it."""
        self._intent = intent
        self._take = evidence
        self._evidence: Evidence | None = None
        self._cases = {case.id: case for case in cases(intent, only)}
        self._found: dict[str, CheckResult] = {}

    def evidence(self) -> Evidence:
        """Gives everything measured at the site, collected or loaded once."""
        if self._evidence is None:
            self._evidence = self._take()
        return self._evidence

    @property
    def intent(self) -> SiteIntent:
        """Gives what must be true at the site."""
        return self._intent

    def pytest_configure(self, config: pytest.Config) -> None:
        """Brings the fixtures."""
        from onshi_net.checks import fixtures

        config.stash[SESSION] = self
        config.pluginmanager.register(fixtures, "onshi-fixtures")

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Makes one test a subject."""
        made = getattr(metafunc.function, ATTRIBUTE, None)
        if isinstance(made, Check) and made.each is not None:
            metafunc.parametrize("subject", made.each(self._intent))

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        """Drops checks that are not asked for, and puts each after what it needs."""
        order = {name: place for place, name in enumerate(self._cases)}
        kept: list[pytest.Item] = []
        dropped: list[pytest.Item] = []
        for item in items:
            case = _case(item)
            if case is not None and case.id not in order:
                dropped.append(item)
                continue
            if case is not None:
                item.stash[_CASE] = self._cases[case.id]
            kept.append(item)
        kept.sort(key=lambda item: order[item.stash[_CASE].id] if _CASE in item.stash else -1)
        items[:] = kept
        if dropped:
            config.hook.pytest_deselected(items=dropped)

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Judges, once the fixtures are there."""
        case = item.stash.get(_CASE, None)
        if case is None:
            return
        arguments: dict[str, Any] = getattr(item, "funcargs", {})
        result = judged(case, arguments["evidence"], self._intent, self._found)
        self._found[case.id] = item.stash[_RESULT] = result
        if result.state in {State.SKIPPED, State.NOT_APPLICABLE}:
            pytest.skip(result.detail)
        if result.state is State.ERROR:
            raise CouldNotMeasure(result.detail)

    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> bool | None:
        """Reports the verdict of a check; every other test runs as always."""
        result = pyfuncitem.stash.get(_RESULT, None)
        if result is None:
            return None
        if result.state is State.FAILED:
            pytest.fail(f"{result.id}: {result.detail}\n{result.remedy}", pytrace=False)
        return True


SESSION = pytest.StashKey[CheckSession]()


def _case(item: pytest.Item) -> Case | None:
    made = getattr(getattr(item, "function", None), ATTRIBUTE, None)
    if not isinstance(made, Check):
        return None
    call = getattr(item, "callspec", None)
    subject = call.params.get("subject") if call is not None else None
    return case_of(made, subject if isinstance(subject, str) else None)
