"""A family in a wheel of its own, unlike the other: blocks, a candidate, one commit, no timer.

Nothing of onshi_net knows it. Its router is a program of the tests that makes its configuration
real in a network namespace; what is proved is proved by packets.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from onshi_net.errors import EXIT_GOOD, EXIT_PLAN_HAS_CHANGES
from tests.lab.clinic import needs_root
from tests.platforms.toy import site as toy
from tests.platforms.toy.site import Site

pytestmark = needs_root
DELIVERED = {
    "receipt PC to terminal, SMB": False,
    "terminal to receipt PC, SMB": False,
    "receipt PC to router, SSH": False,
    "laptop to router, SSH": True,
}
INTENDED = {**DELIVERED, "receipt PC to terminal, SMB": True}
PROVISION = ("provision", "--only", "router", "--yes")
VERIFIED = (
    "router.host-key",
    "router.login",
    "router.identity",
    "router.firmware",
    "router.factory-password",
    "router.config",
    "router.saved",
)
"""What a family tells of itself; what more it can't tell is not measured."""
PAGE = toy.ROOT / "docs" / "add-a-platform.md"


@pytest.fixture(scope="module")
def platforms(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the family's wheel in it."""
    return toy.installed(tmp_path_factory.mktemp("platforms"))


@pytest.fixture
def site(tmp_path: Path, inventory: Path, platforms: Path) -> Iterator[Callable[..., Site]]:
    """Answers how a site is raised, with a router that is started with some options."""
    with ExitStack() as undo:

        def begin(*options: str, met: bool = True) -> Site:
            one = undo.enter_context(toy.raised(tmp_path, inventory, platforms))
            one.start_router(*options)
            if met:
                one.meet()
            return one

        yield begin


def journal(site: Site) -> list[dict[str, object]]:
    """Answers the events of the last run."""
    files = sorted((site.folder / "runs" / "demo-clinic").glob("*/journal.jsonl"))
    runs = [file.read_text(encoding="utf-8").splitlines() for file in files]
    changes = [run for run in runs if any('"start"' in row for row in run)]
    return [json.loads(row) for row in changes[-1]]


def test_a_delivered_router_is_planned_applied_and_verified_by_packets(
    site: Callable[..., Site],
) -> None:
    one = site()
    assert one.passes() == DELIVERED
    plan = one.onshi("plan", "--only", "router")
    assert plan.returncode == EXIT_PLAN_HAS_CHANGES, plan
    assert "+ firewall allow tcp 192.168.1.0/24 10.51.1.0/24 445" in plan.stdout
    assert "+ system user onshi password *" in plan.stdout
    assert "can't undo a change by itself" in plan.stdout
    assert one.passes() == DELIVERED
    done = one.onshi(*PROVISION)
    assert done.returncode == EXIT_GOOD, done
    assert one.passes() == INTENDED
    events = {event["event"]: event for event in journal(one)}
    assert "can't undo a change by itself" in str(events["whole"]["said"])
    said = one.onshi("verify", "--json").stdout
    checks = {one["id"]: one["state"] for one in json.loads(said)["checks"]}
    assert {name: checks[name] for name in VERIFIED} == dict.fromkeys(VERIFIED, "passed")
    again = one.onshi("plan", "--only", "router")
    assert again.returncode == EXIT_GOOD, again
    said = plan.stdout + plan.stderr + done.stdout + done.stderr
    assert not any(value in said for value in toy.VALUES.values())


def test_a_router_that_is_not_as_intended_afterwards_has_its_old_configuration_again(
    site: Callable[..., Site],
) -> None:
    one = site("--deaf", "serve")
    done = one.onshi(*PROVISION)
    assert done.returncode != EXIT_GOOD
    assert "has its old configuration again" in done.stdout + done.stderr
    assert "firewall serve inner" in done.stdout + done.stderr
    assert one.passes() == DELIVERED
    one.start_router()
    assert one.onshi(*PROVISION).returncode == EXIT_GOOD  # with the delivery's password
    assert one.passes() == INTENDED


@pytest.mark.parametrize(("where", "after"), [("loaded", DELIVERED), ("committed", INTENDED)])
def test_a_laptop_that_is_cut_off_leaves_the_old_configuration_or_the_new_and_goes_on_next_time(
    site: Callable[..., Site], where: str, after: dict[str, bool]
) -> None:
    one = site("--stop", where)
    process = one.begun(*PROVISION)
    one.at(where)
    process.kill()
    process.wait()
    one.go_on()
    one.start_router()
    assert one.passes() == after
    assert one.onshi(*PROVISION).returncode == EXIT_GOOD
    assert "proved" in {event["event"] for event in journal(one)}
    assert one.passes() == INTENDED
    assert one.onshi("plan", "--only", "router").returncode == EXIT_GOOD


def test_a_router_whose_power_is_cut_at_its_commit_is_gone_on_with(
    site: Callable[..., Site],
) -> None:
    one = site("--stop", "committed")
    process = one.begun(*PROVISION)
    one.at("committed")
    one.start_router()
    assert process.wait() == EXIT_GOOD
    assert one.passes() == INTENDED


def test_every_command_of_the_page_does_what_it_says(site: Callable[..., Site]) -> None:
    """Each block of the page is run as it stands, on the site's laptop, beside the checkout."""
    one = site(met=False)
    (one.folder / "tests").symlink_to(toy.ROOT / "tests")
    blocks = re.findall(r"```sh\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert blocks
    script = "set -eu\n" + "".join(blocks)
    environment = {**one.environment, "PYTHONPATH": "", "FINGERPRINT": one.fingerprint}
    environment["PLATFORMS"] = str(one.folder / "own")
    done = one.run(
        toy.LAPTOP, "sh", "-c", script, check=False, env=environment, cwd=one.folder
    )  # fmt: skip
    assert done.returncode == EXIT_GOOD, done
    assert "firewall {" in done.stdout
    assert one.passes() == INTENDED
