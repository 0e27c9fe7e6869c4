"""The checks: what must hold at a site, each a pytest test, pure in evidence and intent.

`verify` measures and judges; `judge` judges stored evidence; `pytest --onshi-site SITE` does the
same from pytest. To add a check: write a function in the `test_<segment>.py` of its segment with
`@check`, and its sentences in `i18n/catalogue/checks.toml`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from onshi_net.checks.catalogue import judge
    from onshi_net.checks.model import CheckResult, Party, State
    from onshi_net.checks.run import VerifyResult, verify

__all__ = ["CheckResult", "Party", "State", "VerifyResult", "judge", "verify"]

_HOMES = {
    "CheckResult": "model",
    "Party": "model",
    "State": "model",
    "VerifyResult": "run",
    "judge": "catalogue",
    "verify": "run",
}


def __getattr__(name: str) -> object:
    """Imports on first use: pytest loads this package's plugin in every test run."""
    if name not in _HOMES:
        raise AttributeError(name)
    from importlib import import_module

    return getattr(import_module(f"onshi_net.checks.{_HOMES[name]}"), name)
