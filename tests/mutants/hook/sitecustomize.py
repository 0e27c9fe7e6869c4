"""Loads one module from another source: that of `ONSHI_MUTANT_SOURCE` for `ONSHI_MUTANT_MODULE`.

Python runs this at its start where the folder stands in PYTHONPATH (library reference, `site`).
"""

from __future__ import annotations

import os
import sys
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType


class _Loader(SourceFileLoader):
    def get_code(self, fullname: str) -> CodeType:
        source = Path(os.environ["ONSHI_MUTANT_SOURCE"]).read_text(encoding="utf-8")
        return compile(source, self.path, "exec", dont_inherit=True)


class _Finder:
    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        if name != os.environ.get("ONSHI_MUTANT_MODULE"):
            return None
        found = PathFinder.find_spec(name, path)  # type: ignore[arg-type]
        if found is not None and found.origin is not None:
            found.loader = _Loader(name, found.origin)
        return found


if "ONSHI_MUTANT_MODULE" in os.environ:
    sys.meta_path.insert(0, _Finder)  # type: ignore[arg-type]
