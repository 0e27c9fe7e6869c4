"""A site's facts asked one by one: those questions of the forms that decide what is configured.

Each answer is read by the rules of the form's own cell, so that what is typed and what a workbook
says mean the same. Nothing is asked of a person here: `onshi_net.cli.site` does that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from onshi_net.intake.clashes import Clash, clashes
from onshi_net.intake.forms import application, survey_form
from onshi_net.intake.grid import Cell
from onshi_net.intake.normalize import Refusal, normalize
from onshi_net.intake.result import CODE, Facts, SiteAnswers
from onshi_net.intake.survey_values import read_answer
from onshi_net.model.catalogue import router_model_names
from onshi_net.model.site import Institution
from onshi_net.model.survey import Survey

NAME = "institution.name"
BRANCH = "survey.access.branch"
COUNTED = {
    "survey.network.terminals": "survey.terminals",
    "survey.network.receipt_pcs": "survey.receipt.count",
}
"""A list of addresses, and how many devices it says that there are."""
ASKED = (
    *("survey.line.use", "survey.line.product", "survey.line.ordered_on"),
    *("survey.line.v6_option", "survey.line.hikari_denwa", "survey.access.onu_model"),
    *(BRANCH, "survey.access.branch_model", "survey.access.business_phone"),
    *("survey.network.router_model", "survey.network.terminal_network"),
    *("survey.network.terminal_router", "survey.network.terminals"),
    *("survey.network.clinic_network", "survey.network.clinic_router"),
    *("survey.network.clinic_gateway", "survey.network.receipt_pcs", "survey.receipt.work_by"),
)
"""What `compose` needs for a site that can be provisioned, in the order of the form."""
_MODELS: dict[str, type[BaseModel]] = {"institution": Institution, "survey": Survey}


@dataclass(frozen=True, slots=True)
class Asked:
    """One question: where its answer goes, what the form calls it, and what may be answered."""

    field: str
    label: str
    kind: str
    required: bool
    choices: dict[str, str]
    note: str = ""

    @property
    def options(self) -> tuple[str, ...]:
        """Lists the words to choose from, none where anything may be written."""
        if self.kind == "yes-no":
            return tuple(survey_form().yes_no)
        if self.kind == "router":
            return tuple(router_model_names())
        return tuple(self.choices)


def questions() -> tuple[Asked, ...]:
    """Lists the questions in the order in which they are asked."""
    items = {item.field: item for item in application().items}
    own = [Asked(one, items[one].label, items[one].kind, True, {}) for one in (NAME, CODE)]
    survey = {one.field: one for one in survey_form().questions}
    rest = [survey[field] for field in ASKED]
    return (
        *own,
        *(Asked(q.field, q.label, q.kind, False, dict(q.choices), q.note) for q in rest),
    )


def is_due(question: Asked, facts: Facts) -> bool:
    """Answers whether a question means anything after the answers before it."""
    if not question.field.startswith("survey.access.branch"):
        return True
    survey = facts.get("survey", {})
    if survey.get("line", {}).get("use") == "new":
        return False
    branch = survey.get("access", {}).get("branch")
    return question.field == BRANCH or branch not in {None, "none"}


def read(question: Asked, typed: str) -> Any:
    """Answers what was typed as the form's value; None where it says nothing.

    Raises Refusal, which names the rule; a value that the model refuses is the rule `invalid`.
    """
    cell = Cell(1, 1, "text", typed)
    if question.field in {NAME, CODE}:
        value: Any = normalize(question.kind, cell.kind, cell.value).value
    else:
        answer = read_answer(question.kind, cell, question.choices)
        value = None if answer is None else answer.value
    if value is not None and _refused(question.field, value):
        raise Refusal("invalid")
    return value


def _refused(field: str, value: Any) -> bool:
    """Answers whether the model takes no such value; what else it misses is not asked here."""
    section, *path = field.split(".")
    facts: Facts = {}
    _put(facts, ".".join(path), value)
    try:
        _MODELS[section].model_validate(facts)
    except ValidationError as error:
        return any(list(one["loc"][: len(path)]) == path for one in error.errors())
    return False


def _put(facts: Facts, path: str, value: Any) -> None:
    *folders, name = path.split(".")
    for folder in folders:
        facts = facts.setdefault(folder, {})
    facts[name] = value


def put(facts: Facts, question: Asked, value: Any) -> None:
    """Keeps an answer, and how many devices it names."""
    _put(facts, question.field, value)
    if question.field in COUNTED:
        _put(facts, COUNTED[question.field], len(value))


def first_clash(facts: Facts) -> Clash | None:
    """Answers what contradicts among the answers so far; None where nothing does."""
    return next(clashes(facts), None)


def site_of(name: str, facts: Facts) -> SiteAnswers:
    """Answers the site of a folder's name and its facts."""
    return SiteAnswers(facts["institution"]["code"], "", None, facts, folder=name)
