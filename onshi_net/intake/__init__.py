"""From the customer's Excel file to a site folder.

`read_workbook` reads 申込シート and 現地調査票, `write_site` writes site folders (`plan_sites`
shows the diff first), `write_template` writes an empty form, `load_case` reads a site that may be
incomplete, `load_cases` all of an inventory.
"""

from onshi_net.intake.draft import Cases, load_case, load_cases
from onshi_net.intake.read import read_workbook
from onshi_net.intake.result import IntakeResult, Note, SiteAnswers
from onshi_net.intake.template import write_template
from onshi_net.intake.write import (
    SitePlan,
    WritePlan,
    plan_sites,
    write_plan,
    write_site,
)
from onshi_net.inventory.change import FileChange

__all__ = [
    "Cases",
    "FileChange",
    "IntakeResult",
    "Note",
    "SiteAnswers",
    "SitePlan",
    "WritePlan",
    "load_case",
    "load_cases",
    "plan_sites",
    "read_workbook",
    "write_plan",
    "write_site",
    "write_template",
]
