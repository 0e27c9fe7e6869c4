"""Runs the product's Windows half inside the laptop's namespace and prints one line of JSON.

`python driver.py FOLDER STEP…`: passwords come from the environment, as for the command line.
`python driver.py FOLDER` runs the step of each line of standard input, a JSON list, in a process
that is forked for it: the libraries are loaded once.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from ipaddress import IPv4Interface
from pathlib import Path
from typing import Any

from onshi_net.errors import OnshiError
from onshi_net.evidence.windows import ask_pc, gathered
from onshi_net.i18n import set_language
from onshi_net.intent.windows import ReceiptIntent, TerminalIntent, WindowsIntent, windows_intents
from onshi_net.inventory import Secrets, load_site
from onshi_net.model.windows import WindowsFacts
from onshi_net.pcs.differ import differ
from onshi_net.pcs.powershell import Script
from onshi_net.pcs.proof import cause_of
from onshi_net.provision.windows import apply_windows
from onshi_net.provision.windows.prepare import prepare_stick, restore
from onshi_net.transport.bond import Bond
from onshi_net.transport.windows import (
    Endpoint,
    Leg,
    NotReady,
    WindowsSession,
    open_windows,
    pins,
)
from onshi_net.transport.windows.batch import StoreTask, carry_out
from onshi_net.transport.windows.endpoint import Files

ROOT = Path(__file__).parents[2]
FOLDER = Path(sys.argv[1])
TERMINAL, RECEIPT = windows_intents(load_site(ROOT / "inventory", "demo-clinic"), WindowsFacts())
SECRETS = Secrets.standard()
SOURCES = (
    "$rule = Get-NetFirewallRule -Name 'WINRM-HTTP-In-TCP'; $filter = Get-NetFirewallAddressFilter "
    "-AssociatedNetFirewallRule $rule; @{ sources = @($filter.RemoteAddress); "
    "noted = (Test-Path -LiteralPath 'HKLM:\\SOFTWARE\\onshi') }"
)
LEGS = (
    Leg("clinic0", IPv4Interface("192.168.1.200/24")),
    Leg("terminal0", IPv4Interface("10.51.1.200/24")),
)


def connect(intent: WindowsIntent, *, tls: bool = False) -> WindowsSession:
    endpoint = Endpoint(intent.access.address, tls=tls)
    files = Files.under(FOLDER)
    if tls:
        pins.record(files.pins, endpoint, pins.look(endpoint, 10), Bond())
    return open_windows(intent.access, SECRETS, files, endpoint=endpoint, legs=LEGS, tidy=True)


def apply(intent: WindowsIntent, **options: Any) -> dict[str, Any]:
    def opener() -> WindowsSession:
        return connect(intent)

    outcome = apply_windows(
        intent, SECRETS, opener, runs=FOLDER / "runs", site="demo-clinic", **options
    )
    return outcome.to_json()


def reset() -> dict[str, Any]:
    """Takes route and entry away again."""
    assert isinstance(RECEIPT, ReceiptIntent)
    session = connect(RECEIPT)
    gone = "Remove-NetRoute -DestinationPrefix '10.51.1.0/24' -Confirm:$false"
    session.run(Script("reset", {}, f"{gone} -ErrorAction SilentlyContinue"))
    carry_out(session, RECEIPT, SECRETS, (), [StoreTask(remove=("10.51.1.11",))])
    session.close()
    return {}


def run(text: str) -> dict[str, Any]:
    """Runs PowerShell on the receipt PC."""
    session = connect(RECEIPT)
    found = session.run(Script("test", {}, text))
    session.close()
    return found


def over_tls() -> dict[str, Any]:
    """Asks for Japanese over HTTPS."""
    session = connect(RECEIPT, tls=True)
    found = session.run(Script("test", {}, "@{ said = '受付' }"))
    session.close()
    return found


def prepared() -> dict[str, Any]:
    """Loosens the receipt PC as somebody at it would, and answers the rule's sources then."""
    session = connect(RECEIPT)
    session.run(Script("prepare", {}, prepare_stick([LEGS[1].address.ip]).decode()))
    session.close()
    return run(SOURCES)


def put_back() -> dict[str, Any]:
    """Puts back what was opened and answers what there was."""
    session = connect(RECEIPT)
    found = restore(session, Endpoint(RECEIPT.access.address), RECEIPT.access.host)
    session.close()
    return {"prepared": found.opened, "left": found.left}


def smb_from(source: str) -> dict[str, Any]:
    """Tries the terminal's SMB port from one of the laptop's addresses."""
    try:
        socket.create_connection(("10.51.1.11", 445), 2, source_address=(source, 0)).close()
    except OSError:
        return {"open": False}
    return {"open": True}


def wrong_password() -> dict[str, Any]:
    """Logs in with another secret."""
    access = replace(RECEIPT.access, secret="demo-clinic/link")
    open_windows(access, SECRETS, Files.under(FOLDER), legs=LEGS)
    return {}


def evidence() -> dict[str, Any]:
    """Collects both PCs' evidence."""
    found = gathered(ask_pc(one, SECRETS, connect) for one in (TERMINAL, RECEIPT))
    stores = [one.store for one in found.receipts if one.store is not None]
    causes = [cause_of(proof) for store in stores for proof in store.proofs if not proof.good]
    pcs = zip((TERMINAL, RECEIPT), (*found.terminals, *found.receipts), strict=True)
    wrong = {
        intent.access.host: [
            str(one) for one in differ(pc.state, intent, pc.session.asked_at).differences
        ]
        for intent, pc in pcs
        if pc.state is not None
    }
    return {**json.loads(found.model_dump_json()), "causes": causes, "differences": wrong}


STEPS: dict[str, Callable[..., dict[str, Any]]] = {
    "terminal": lambda: apply(TERMINAL),
    "receipt": lambda: apply(RECEIPT),
    "plan": lambda: apply(RECEIPT, dry_run=True),
    "reset": reset,
    "run": run,
    "tls": over_tls,
    "prepared": prepared,
    "sources": lambda: run(SOURCES),
    "put-back": put_back,
    "smb-from": smb_from,
    "wrong-password": wrong_password,
    "evidence": evidence,
}


def main(step: str, *given: str) -> None:
    """Runs a step and prints its answer, or the error as data."""
    assert isinstance(TERMINAL, TerminalIntent)
    set_language("en")
    started = time.monotonic()
    try:
        answer = STEPS[step](*given)
    except OnshiError as error:
        causes = list(error.causes) if isinstance(error, NotReady) else []
        answer = {
            "error": type(error).__name__,
            "says": str(error),
            "remedy": error.remedy,
            "causes": causes,
        }
    print(json.dumps({**answer, "took_s": time.monotonic() - started}), flush=True)


def serve() -> None:
    """Runs one step after the other until standard input ends; a step that fails answers null."""
    while line := sys.stdin.readline():
        child = os.fork()
        if child == 0:
            main(*json.loads(line))
            os._exit(0)
        if os.waitpid(child, 0)[1] != 0:
            print("null", flush=True)


if sys.argv[2:]:
    main(*sys.argv[2:])
else:
    serve()
