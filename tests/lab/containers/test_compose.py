"""compose raises demo-clinic, provisioned, for somebody who knows two commands."""

from __future__ import annotations

import json
import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import boxed
import pytest

from tests.lab.clinic import ROOT, states

FILE = str(ROOT / "lab" / "compose.yaml")
Compose = Callable[..., str]


@pytest.fixture(scope="module")
def compose() -> Iterator[Compose]:
    boxed.require()
    if shutil.which("docker-compose") is None:
        reason = "docker-compose is not installed here"
        pytest.fail(reason) if boxed.REQUIRED else pytest.skip(reason)
    project = f"t{uuid.uuid4().hex[:6]}"

    def run(*words: str) -> str:
        done = boxed.run("docker-compose", "--project-name", project, "--file", FILE, *words)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    try:
        run("up", "--detach")
        run("logs", "--follow", "wire")
        yield run
    finally:
        run("down", "--volumes")
    left = boxed.run("docker", "ps", "--all", "--quiet", "--filter", f"name={project}").stdout
    left += boxed.run("docker", "volume", "ls", "--quiet", "--filter", f"name={project}").stdout
    left += boxed.run("docker", "network", "ls", "--quiet", "--filter", f"name={project}").stdout
    assert left == ""


def test_the_site_is_provisioned_and_good(compose: Compose) -> None:
    answer = compose("exec", "-T", "laptop", "onshi", "verify", "demo-clinic", "--json")
    found = states(json.loads(answer))
    assert len(found) > 80
    assert set(found.values()) <= {"passed", "not applicable"}


def test_wire_has_ended_and_its_words_say_what_to_do(compose: Compose) -> None:
    container = compose("ps", "--quiet", "wire").split()[0]
    shown = boxed.run(
        "docker", "inspect", "--format", "{{.State.Status}} {{.State.ExitCode}}", container
    )
    assert shown.stdout.split() == ["exited", "0"]
    assert "exec laptop onshi verify demo-clinic" in compose("logs", "wire")


def test_the_passwords_are_with_the_laptop_alone(compose: Compose) -> None:
    env = compose("exec", "-T", "laptop", "cat", "/run/onshi-secrets/env")
    router = next(line for line in env.splitlines() if "DEMO_CLINIC_ROUTER=" in line)
    secret = router.partition("=")[2]
    assert len(secret) == 16
    containers = compose("ps", "--quiet").split()
    assert secret not in boxed.run("docker", "inspect", *containers).stdout
    assert secret not in compose("logs")


def test_wired_again_it_still_stands(compose: Compose) -> None:
    compose("up", "--detach")
    compose("logs", "--follow", "wire")
    answer = compose("exec", "-T", "laptop", "onshi", "plan", "demo-clinic")
    assert "+ " not in answer


def test_a_fault_is_set_through_wire_and_found(compose: Compose) -> None:
    lab = ("run", "--rm", "-T", "--entrypoint", "onshi-lab", "wire")
    compose(*lab, "fault", "set", "ntp-down")
    with pytest.raises(AssertionError):
        compose("exec", "-T", "laptop", "onshi", "verify", "demo-clinic")
    compose(*lab, "fault", "clear")
    compose("exec", "-T", "laptop", "onshi", "verify", "demo-clinic")


def test_a_router_that_was_restarted_is_wired_and_provisioned_anew(compose: Compose) -> None:
    compose("restart", "--timeout", "1", "router")
    compose("up", "--detach")
    compose("logs", "--follow", "wire")
    compose("exec", "-T", "laptop", "onshi", "verify", "demo-clinic")


def test_it_runs_from_any_folder(compose: Compose, tmp_path: Path) -> None:
    before = Path.cwd()
    os.chdir(tmp_path)
    try:
        assert "router" in compose("ps", "--services")
    finally:
        os.chdir(before)
