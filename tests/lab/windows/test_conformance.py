"""The mock's PowerShell against a real engine's answers: the same, or refused by name.

conformance.json holds the snippets whose answer is one in 5.1 and 7; refused.txt those that use
what neither the product nor a documented client does. In `arr-unroll-func`, `h` is the alias of
Get-History, which comes before a function of that name.
"""

import json
from pathlib import Path

import pytest

from tests import budget

from . import engine
from .conformance import outcome
from .conftest import Machine

HERE = Path(__file__).parent
SNIPPETS = json.loads((HERE / "conformance.json").read_text(encoding="utf-8"))
REFUSED = (HERE / "refused.txt").read_text(encoding="utf-8").split()
AT_MOST = 9
"""The list of refused snippets only gets shorter: who shortens it lowers this."""


@pytest.fixture(scope="module")
def pc(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """One PC for all snippets; each has a session of its own."""
    return Machine(tmp_path_factory.mktemp("pc") / "state")


def test_every_snippet_has_the_real_engines_answer_or_is_refused_by_name(pc):
    agreeing, refused, differing = [], [], []
    for snippet in SNIPPETS:
        wanted = (snippet["stdout"], snippet.get("error_id", ""))
        got = outcome(pc, snippet["script"])
        named = got[1] == "MockUnsupported"
        found = agreeing if got == wanted else refused if named else differing
        found.append(snippet["id"])
    print(
        f"snippets {len(SNIPPETS)}, agreeing {len(agreeing)}, refused loudly {len(refused)}, "
        f"differing {len(differing)}"
    )
    assert differing == []
    assert sorted(refused) == sorted(REFUSED)
    assert len(REFUSED) <= AT_MOST


def test_a_refusal_is_caught_by_nothing(pc):
    script = (
        "$ErrorActionPreference = 'SilentlyContinue'\n"
        "try { (Get-Process -ErrorAction Ignore) } catch { 'caught' }\n'after'"
    )
    assert outcome(pc, script) == ("", "MockUnsupported")


def test_an_exception_of_python_goes_through_to_the_test(pc, monkeypatch):
    from onshi_lab.windows.powershell import members

    monkeypatch.setitem(members.STRING_METHODS, "trim", members.method(lambda _s, _a: 1 / 0))
    with pytest.raises(ZeroDivisionError):
        outcome(pc, "try { 'x'.Trim() } catch { 'caught' }")


def test_a_fault_of_a_process_is_told_and_ends_the_pc_in_failure(pc, monkeypatch):
    monkeypatch.setitem(pc.pc.programs, "hostname", lambda _pc, _process, _line: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        pc.run("hostname")
    assert len(pc.pc.processes.faults) == 1


def test_generated_scripts_get_the_real_engines_answer(pc):
    if reason := engine.missing():
        pytest.skip(reason)
    count, seed = budget.examples("conformance"), budget.RUN.seed
    differing, refused = engine.compared(pc, seed, range(count))
    print(f"seed {seed}, scripts {count}, refused loudly {refused}, differing {len(differing)}")
    assert differing == []
    assert refused <= count // 50 + 1
