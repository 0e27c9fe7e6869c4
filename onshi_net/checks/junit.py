"""JUnit XML of check results: one suite a segment, so that CI shows where the path breaks."""

from __future__ import annotations

import os
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from xml.etree import ElementTree as Xml

from onshi_net import foreign
from onshi_net.checks.model import CheckResult, State
from onshi_net.files import open_private, private_folder, written_for

ELEMENT = {
    State.FAILED: "failure",
    State.ERROR: "error",
    State.SKIPPED: "skipped",
    State.NOT_APPLICABLE: "skipped",
}


def write_junit(file: Path, site: str, results: Iterable[CheckResult]) -> None:
    """Writes the file. Raises OSError."""
    root = Xml.Element("testsuites", name=_clean(site))
    for segment, some in groupby(results, key=lambda one: one.segment):
        _suite(root, segment, list(some))
    private_folder(file.parent)
    descriptor = open_private(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    with written_for(file), os.fdopen(descriptor, "wb") as stream:
        Xml.ElementTree(root).write(stream, encoding="utf-8", xml_declaration=True)


def _suite(root: Xml.Element, segment: str, results: list[CheckResult]) -> None:
    def count(*states: State) -> str:
        return str(sum(1 for one in results if one.state in states))

    suite = Xml.SubElement(
        root,
        "testsuite",
        name=_clean(segment),
        tests=str(len(results)),
        failures=count(State.FAILED),
        errors=count(State.ERROR),
        skipped=count(State.SKIPPED, State.NOT_APPLICABLE),
        time=f"{sum(one.duration_s for one in results):.3f}",
    )
    for one in results:
        time = f"{one.duration_s:.3f}"
        case = Xml.SubElement(suite, "testcase", classname=segment, name=_clean(one.id), time=time)
        if one.state in ELEMENT:
            Xml.SubElement(case, ELEMENT[one.state], message=_clean(one.detail)).text = _clean(
                f"{one.title}\n{one.remedy}"
            )


def _clean(text: str) -> str:
    """Answers words that can be shown, which XML 1.0 (2.2) has a place for as well."""
    return "\n".join(foreign.line(one, foreign.SENTENCE) for one in text.split("\n"))
