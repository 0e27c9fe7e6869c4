"""Facts that came after the recordings: what a good site says, and what a bad one.

`ADDED` are the good ones, which the recordings' twins get; a path's `*` stands for each of a list
or of a mapping. `CASES` are rows as in `test_recorded` and `test_pcs`: check, state, last word of
its sentence, changes of the good recording of demo-clinic. Where a device said it in words, the
words stand here and its reader makes the fact of them: reading and judging are tried together.
"""

from __future__ import annotations

from typing import Any

from onshi_net.platforms.yamaha import evidence

Changes = dict[str, Any]


def health(said: str) -> Any:
    """A reading of `show environment`; none that is understood where it does not say."""
    found = evidence.health(said)
    outcome = "ok" if found is not None else "error"
    plain = found.model_dump(mode="json") if found is not None else None
    return {"outcome": outcome, "detail": "", "duration_s": 0.0, "found": plain}


BUSY = "CPU:   1%(5sec)   0%(1min)   {cpu}%(5min)    Memory: {memory}% used\n"
HOT = "Security Class: 1, FORGET: ON, TELNET: OFF\nInside Temperature(C.): {celsius}"

TERMINAL = "windows/terminals/0/state"
RECEIPT = "windows/receipts/0"
DISK = f"{TERMINAL}/disk"
ADDED: Changes = {
    "router/health": health(BUSY.format(cpu=0, memory=24) + HOT.format(celsius=36)),
    "laptop/present": {
        "outcome": "ok",
        "detail": "",
        "duration_s": 2.0,
        "found": {
            "asked": 254,
            "devices": [
                {"address": "10.51.1.1", "mac": "ac:44:f2:c8:a1:00", "maker": "Yamaha Corporation"},
            ],
        },
    },
    "windows/terminals/*/state/disk": {"size": 250 * 2**30, "free": 150 * 2**30},
}
CASES: list[tuple[str, str, str, Changes]] = [
    ("router.health", "failed", "busy", {"router/health": health(BUSY.format(cpu=90, memory=1))}),
    ("router.health", "failed", "busy", {
        "router/health": health("CPU: 0%(5秒) 0%(1分) 1%(5分) メモリ: 95% used")}),
    ("router.health", "failed", "hot", {
        "router/health": health(BUSY.format(cpu=0, memory=1) + HOT.format(celsius=70))}),
    ("router.health", "passed", "fine", {
        "router/health": health(BUSY.format(cpu=89, memory=89) + HOT.format(celsius=69))}),
    ("router.health", "error", "question", {"router/health": health("CPU: ?")}),
    ("router.health", "error", "not-asked", {"router/health": None}),
    ("terminal.disk.terminal-1", "failed", "full", {f"{DISK}/free": 10 * 2**30 - 1}),
    ("terminal.disk.terminal-1", "passed", "room", {f"{DISK}/free": 10 * 2**30}),
    ("terminal.disk.terminal-1", "error", "not-asked", {DISK: None}),
    ("lan.foreign", "failed", "there", {"laptop/present/found/devices": [
        {"address": "10.51.1.77", "mac": "00:80:92:00:00:01", "maker": "Silex Technology, Inc."}]}),
    ("lan.foreign", "failed", "own", {"laptop/present/found/devices": [
        {"address": "10.51.1.77", "mac": "02:67:8f:66:62:ca"}]}),
    ("lan.foreign", "passed", "none", {"laptop/present/found/devices": [
        {"address": "10.51.1.200", "mac": "02:8a:54:52:53:61"}]}),
    ("lan.foreign", "passed", "none", {
        "laptop/present": {"outcome": "no-answer", "found": {"asked": 254}}}),
    ("lan.foreign", "error", "not-asked", {"laptop/present": None}),
    ("lan.foreign", "error", "no-terminal-leg", {"laptop/legs/terminal": None}),
    ("lan.foreign", "failed", "own", {"known_macs": {"00:80:92:00:00:01": "receipt-1"},
        "laptop/present/found/devices": [{"address": "10.51.1.77", "mac": "00:80:92:00:00:01"}]}),
    ("lan.foreign", "failed", "there", {"router/arp/found/entries": [
        {"interface": "vlan1", "address": "10.51.1.78", "mac": "00:80:92:00:00:02"}]}),
    ("router.config", "failed", "delivered", {
        "router/used_initial": True, "router/running/found": ["ip lan1 address 192.168.100.1/24"]}),
    ("router.host-key", "failed", "changed", {"router/access": "host-key-changed"}),
    ("router.host-key", "failed", "exchanged", {
        "router/access": "host-key-changed", "known_macs": {"00:a0:de:00:00:01": "router"}}),
    ("router.host-key", "failed", "changed", {"router/access": "host-key-changed",
        "known_macs": {"00:a0:de:00:00:01": "router", "ac:44:f2:c8:a1:00": "router"}}),
    ("terminal.set-up.terminal-1", "failed", "delivered", {
        f"{TERMINAL}/user": None, f"{TERMINAL}/shares": []}),
    ("terminal.set-up.terminal-1", "passed", "begun", {f"{TERMINAL}/user": None}),
    ("receipt-pc.set-up.receipt-1", "failed", "never", {
        f"{RECEIPT}/state/routes": [], f"{RECEIPT}/store/entries": []}),
    ("receipt-pc.set-up.receipt-1", "passed", "begun", {f"{RECEIPT}/state/routes": []}),
    *((f"{kind}.reachable.{host}", "failed", "exchanged", {
        f"{where}/session/access": "not-ready", "known_macs": {"00:80:92:00:00:03": host}})
      for kind, host, where in (("terminal", "terminal-1", "windows/terminals/0"),
                                ("receipt-pc", "receipt-1", RECEIPT))),
]  # fmt: skip


def give(data: Any, path: str, value: Any) -> None:
    """Puts a fact into evidence that lacks it."""
    step, _, rest = path.partition("/")
    if step == "*":
        for one in data.values() if isinstance(data, dict) else data:
            give(one, rest, value)
    elif rest:
        inner = data.get(step) if isinstance(data, dict) else data[int(step)]
        if inner is not None:
            give(inner, rest, value)
    elif data.get(step) is None:
        data[step] = value


def complete(data: Any) -> None:
    """Gives evidence all facts that came after it."""
    for path, value in ADDED.items():
        give(data, path, value)
